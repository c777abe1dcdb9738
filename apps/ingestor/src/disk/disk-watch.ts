import type { Journal } from '@tickwright/journal';
import { readableBytes } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import type { Stream } from '@tickwright/venues';
import { reserveOf } from './disk-space.ts';
import type { DiskSpace, Reserve } from './disk-space.ts';

/** Streams come back when there is so much more than the reserve, so that they do not come and go at its edge. */
const RESUME_FACTOR = 1.25;
/** A journal that fails at so many looks in a row is paused for; one failed write is over before the next. */
const FAILING_LOOKS = 2;

export interface DiskWatchOptions {
  /** Looks at the volume of the data directory. */
  readonly look: () => Promise<DiskSpace>;
  readonly reserve: Reserve;
  readonly journal: Pick<Journal, 'health'>;
  readonly streams: readonly Pick<Stream, 'suspend' | 'restart'>[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface DiskHealth {
  state: 'ok' | 'paused';
  /** Why the streams are paused. */
  reason: string | undefined;
  freeBytes: number;
  totalBytes: number;
  reserveBytes: number;
  pauses: number;
  pausedSinceMicros: number;
}

/**
 * Suspends the streams while the volume has less than its reserve, or while the journal cannot write, and restarts them
 * when both are over. Connections are closed: how long it lasts is not known, and a venue cuts off who does not read.
 * What is missed is journaled as paused, a gap of cause disk. Flushes and publishing go on: the reserve is for them.
 */
export class DiskWatch {
  readonly health: DiskHealth = {
    state: 'ok',
    reason: undefined,
    freeBytes: 0,
    totalBytes: 0,
    reserveBytes: 0,
    pauses: 0,
    pausedSinceMicros: 0,
  };
  readonly #options: DiskWatchOptions;
  #failingLooks = 0;
  #isBlind = false;

  constructor(options: DiskWatchOptions) {
    this.#options = options;
  }

  /** One look. Never rejects: a volume that cannot be looked at is judged by the journal alone. */
  async round(): Promise<void> {
    await this.#measure();
    const isFailing = this.#options.journal.health.state === 'failing';
    this.#failingLooks = isFailing ? this.#failingLooks + 1 : 0;
    const reason = this.#reason();
    if (reason !== undefined) this.#pause(reason);
    else if (this.health.state === 'paused') this.#resume();
  }

  async #measure(): Promise<void> {
    const { look, reserve, log } = this.#options;
    try {
      const { freeBytes, totalBytes } = await look();
      const reserveBytes = reserveOf(totalBytes, reserve);
      Object.assign(this.health, { freeBytes, totalBytes, reserveBytes });
      this.#isBlind = false;
    } catch (error) {
      if (!this.#isBlind) log.warn({ error }, 'the free space of the data directory cannot be told');
      this.#isBlind = true;
    }
  }

  #reason(): string | undefined {
    const { freeBytes, reserveBytes, state } = this.health;
    const { journal } = this.#options;
    if (this.#failingLooks >= (state === 'paused' ? 1 : FAILING_LOOKS))
      return `the journal cannot write (${journal.health.lastError ?? 'unknown'}): streams are paused until it can`;
    const neededBytes = state === 'paused' ? reserveBytes * RESUME_FACTOR : reserveBytes;
    if (this.#isBlind || freeBytes >= neededBytes) return undefined;
    return `the disk has ${readableBytes(freeBytes)} free, the reserve is ${readableBytes(reserveBytes)}: streams are paused until there is ${readableBytes(reserveBytes * RESUME_FACTOR)}`;
  }

  #pause(reason: string): void {
    const { streams, clock, log } = this.#options;
    this.health.reason = reason;
    if (this.health.state === 'paused') return;
    const { freeBytes, reserveBytes } = this.health;
    log.error({ freeBytes, reserveBytes }, reason);
    Object.assign(this.health, {
      state: 'paused',
      pauses: this.health.pauses + 1,
      pausedSinceMicros: clock.nowMicros(),
    });
    for (const stream of streams) stream.suspend('disk');
  }

  #resume(): void {
    const { streams, clock, log } = this.#options;
    const pausedMs = Math.round((clock.nowMicros() - this.health.pausedSinceMicros) / 1_000);
    log.info({ freeBytes: this.health.freeBytes, pausedMs }, 'the disk has room again: streams go on');
    Object.assign(this.health, { state: 'ok', reason: undefined, pausedSinceMicros: 0 });
    for (const stream of streams) stream.restart();
  }
}
