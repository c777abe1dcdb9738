import { symbolsOf } from './burst-frames.ts';
import { Child } from './children.ts';
import type { Message } from './children.ts';

/** The load server as its parent sees it. */
export interface Burst extends AsyncDisposable {
  readonly port: number;
  readonly symbols: readonly string[];
  /** When a paced server began, microseconds of `process.hrtime`: its frame n was due n / rate later. */
  started(): Promise<number>;
  /** Stops sending, leaves the connection open, and tells how many frames were sent in all. */
  pause(): Promise<number>;
}

/** `rate` in trades a second; 0 for as many as the client takes. */
export async function startBurst(options: { instruments: number; rate: number }): Promise<Burst> {
  const child = Child.script('./burst-server.ts', [String(options.instruments), String(options.rate)]);
  const { port } = await child.receive<Message & { port: number }>('listening');
  return {
    port,
    symbols: symbolsOf(options.instruments),
    started: async () => (await child.receive<Message & { atMicros: number }>('started')).atMicros,
    pause: async () => (await child.ask<Message & { sent: number }>({ type: 'pause' }, 'paused')).sent,
    [Symbol.asyncDispose]: () => child[Symbol.asyncDispose](),
  };
}
