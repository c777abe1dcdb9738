import { systemClock } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';

export interface FastTime {
  /** The clock's time at `originMs`, microseconds UTC. */
  readonly startMicros: number;
  /** Real time, milliseconds UTC: the same for every process of a run, so that their clocks agree. */
  readonly originMs: number;
  /** Milliseconds of the clock in one of real time. */
  readonly speed: number;
}

/** A clock that runs so many times as fast as real time, until it is told to go on at real time's pace. */
export class FastClock implements Clock {
  readonly #startMicros: number;
  readonly #originMs: number;
  #speed: number;
  /** Where the pace changed last: real and own milliseconds since the origin. */
  #turn = { realMs: 0, ownMs: 0 };

  constructor({ startMicros, originMs, speed }: FastTime) {
    this.#startMicros = startMicros;
    this.#originMs = originMs;
    this.#speed = speed;
  }

  nowMicros(): number {
    return this.#startMicros + Math.floor(this.monotonicMs() * 1_000);
  }

  monotonicMs(): number {
    return this.#turn.ownMs + (this.#realMs() - this.#turn.realMs) * this.#speed;
  }

  sleep(ms: number, signal?: AbortSignal): Promise<void> {
    return systemClock.sleep(ms / this.#speed, signal);
  }

  /**
   * From now on as fast as real time. For the end of a run: what an orderly end may take is said in seconds of this clock,
   * and a disk does not sync faster for it. Sleeps under way keep their pace.
   */
  slowDown(): void {
    this.#turn = { realMs: this.#realMs(), ownMs: this.monotonicMs() };
    this.#speed = 1;
  }

  #realMs(): number {
    return performance.timeOrigin + performance.now() - this.#originMs;
  }
}
