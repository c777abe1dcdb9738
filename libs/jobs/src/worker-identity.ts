import { randomUUID } from 'node:crypto';
import { hostname } from 'node:os';

/** Of a worker: host, process and a number that no other worker has, `host:pid:uuid`. */
export function workerIdentity(): string {
  return `${hostname()}:${process.pid}:${randomUUID()}`;
}
