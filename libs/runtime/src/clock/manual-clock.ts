import type { Clock } from './clock.ts';

interface Sleeper {
  readonly wakeMicros: number;
  readonly wake: () => void;
}

/**
 * A clock that moves only when told, for tests and replays. `advance` wakes sleepers in the order of their times and
 * lets everything that a sleeper does run before the next one wakes, so a loop that sleeps again is woken again at the
 * right time. `set` steps the wall clock alone, as an operator or NTP would: nobody wakes, monotonic time stands.
 */
export class ManualClock implements Clock {
  #monotonicMicros = 0;
  #wallOffsetMicros: number;
  /** In the order of their times; those of one time in the order in which they lay down. */
  readonly #sleepers: Sleeper[] = [];

  constructor(options: { startMicros?: number } = {}) {
    this.#wallOffsetMicros = options.startMicros ?? 0;
  }

  /** How many sleeps are waiting. */
  get sleeping(): number {
    return this.#sleepers.length;
  }

  nowMicros(): number {
    return this.#wallOffsetMicros + this.#monotonicMicros;
  }

  monotonicMs(): number {
    return this.#monotonicMicros / 1_000;
  }

  async sleep(ms: number, signal?: AbortSignal): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`cannot sleep for ${ms} ms`);
    signal?.throwIfAborted();
    await new Promise<void>((resolve, reject) => {
      const sleeper = {
        wakeMicros: this.#monotonicMicros + Math.round(ms * 1_000),
        wake: () => {
          signal?.removeEventListener('abort', onAbort);
          resolve();
        },
      };
      const onAbort = (): void => {
        const index = this.#sleepers.indexOf(sleeper);
        if (index >= 0) this.#sleepers.splice(index, 1);
        reject(signal?.reason);
      };
      signal?.addEventListener('abort', onAbort, { once: true });
      this.#lieDown(sleeper);
    });
  }

  /** Moves time forward. Resolves when everyone whose time has come was woken and has had a turn. */
  async advance(ms: number): Promise<void> {
    if (!(ms >= 0)) throw new RangeError(`cannot advance by ${ms} ms`);
    const untilMicros = this.#monotonicMicros + Math.round(ms * 1_000);
    await settle();
    for (;;) {
      const next = this.#sleepers[0];
      if (next === undefined || next.wakeMicros > untilMicros) break;
      this.#sleepers.shift();
      this.#monotonicMicros = Math.max(this.#monotonicMicros, next.wakeMicros);
      next.wake();
      await settle();
    }
    this.#monotonicMicros = Math.max(this.#monotonicMicros, untilMicros);
  }

  /** Steps the wall clock to `micros`, forwards or backwards. */
  set(micros: number): void {
    this.#wallOffsetMicros = micros - this.#monotonicMicros;
  }

  #lieDown(sleeper: Sleeper): void {
    const after = this.#sleepers.findIndex((other) => other.wakeMicros > sleeper.wakeMicros);
    this.#sleepers.splice(after < 0 ? this.#sleepers.length : after, 0, sleeper);
  }
}

/** One full turn of the event loop: every promise that could go on has gone on. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}
