import { z } from 'zod';

/** 0 means any free port. */
export const port = z.int().min(0).max(65_535);

/** Where an HTTP server listens; loopback unless told otherwise. */
export function httpAddress(defaults: { port: number }) {
  return z
    .strictObject({ host: z.string().min(1).default('127.0.0.1'), port: port.default(defaults.port) })
    .prefault({});
}
