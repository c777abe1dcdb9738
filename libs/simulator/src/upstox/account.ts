import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Clock } from '@tickwright/runtime';
import type { FaultControl } from '../faults/fault-control.ts';

/** A code that was not used within this is worth nothing. */
const CODE_LIFE_MS = 60_000;
const MAX_CODES = 1_000;

/** Who may ask, and the addresses that were given out: each is good for one connection. */
export class Account {
  readonly #token: (() => string) | undefined;
  readonly #faults: FaultControl;
  readonly #clock: Clock;
  readonly #codes = new Map<string, number>();

  constructor(options: { token: (() => string) | undefined; faults: FaultControl; clock: Clock }) {
    this.#token = options.token;
    this.#faults = options.faults;
    this.#clock = options.clock;
  }

  /** Whether a request carries the token that is right now, and its time is not over. */
  allows(request: IncomingMessage): boolean {
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1];
    if (token === undefined || this.#faults.isRefusingTokens) return false;
    if (this.#token !== undefined && token !== this.#token()) return false;
    return expiryMicros(token) > this.#clock.nowMicros();
  }

  /** The path of a connection's address. */
  authorize(): string {
    const code = randomUUID();
    for (const [old, madeMs] of this.#codes) {
      const isOld = this.#clock.monotonicMs() - madeMs > CODE_LIFE_MS;
      if (isOld || this.#codes.size >= MAX_CODES) this.#codes.delete(old);
    }
    this.#codes.set(code, this.#clock.monotonicMs());
    return `/market-data-feeder/v3/upstox-developer-api/feeds?requestId=${randomUUID()}&code=${code}`;
  }

  /** Takes a code, once. */
  redeem(code: string | null): boolean {
    const madeMs = code === null ? undefined : this.#codes.get(code);
    if (code !== null) this.#codes.delete(code);
    return madeMs !== undefined && this.#clock.monotonicMs() - madeMs <= CODE_LIFE_MS;
  }
}

/** What a JWT says of its end; any other token has none. */
function expiryMicros(token: string): number {
  try {
    const claims = JSON.parse(Buffer.from(token.split('.')[1] ?? '', 'base64url').toString()) as {
      exp?: unknown;
    };
    return typeof claims.exp === 'number' ? claims.exp * 1_000_000 : Infinity;
  } catch {
    return Infinity;
  }
}
