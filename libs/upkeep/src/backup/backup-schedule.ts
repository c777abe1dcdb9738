import type { Clock } from '@tickwright/runtime';

const MINUTE_MICROS = 60_000_000;
/** A backup that failed is tried again after this time, or after the interval where that is shorter. */
const RETRY_MICROS = 5 * MINUTE_MICROS;

export type BackupReason = 'scheduled' | 'session closed';

export interface BackupScheduleOptions {
  /** 0: never by itself. */
  readonly everyMinutes: number;
  readonly clock: Clock;
  /** Whether any venue's session is open, or was a moment ago: its last candles have closed then. */
  readonly isSessionOpen: () => boolean;
  /** When the newest backup was made, microseconds UTC; 0: never. */
  readonly lastMicros: () => number;
  /** Who sees to the one after a close; `here` unless told. */
  readonly closing?: 'here' | 'elsewhere';
}

/** Says when a backup is due: at a pace while a session is open, and once after the last one has closed. */
export class BackupSchedule {
  readonly #options: BackupScheduleOptions;
  readonly #startedMicros: number;
  #wasOpen = false;
  /** When the last session closed in this run; 0: none did. */
  #closedMicros = 0;
  #triedMicros = Number.NEGATIVE_INFINITY;

  constructor(options: BackupScheduleOptions) {
    this.#options = options;
    this.#startedMicros = options.clock.nowMicros();
  }

  /** To be asked every few seconds; what it names is taken to be tried then. */
  due(): BackupReason | undefined {
    const { everyMinutes, clock, isSessionOpen, lastMicros, closing = 'here' } = this.#options;
    if (everyMinutes === 0) return undefined;
    const now = clock.nowMicros();
    const isOpen = isSessionOpen();
    if (this.#wasOpen && !isOpen) this.#closedMicros = now;
    this.#wasOpen = isOpen;
    const interval = everyMinutes * MINUTE_MICROS;
    if (now < this.#triedMicros + Math.min(interval, RETRY_MICROS)) return undefined;
    const last = lastMicros();
    const isClosingOwed = closing === 'here' && !isOpen && last < this.#closedMicros;
    // The first of a new data directory is due after an interval: at its start there is nothing to keep.
    const isIntervalOver = isOpen && now >= (last === 0 ? this.#startedMicros : last) + interval;
    if (!isClosingOwed && !isIntervalOver) return undefined;
    this.#triedMicros = now;
    return isClosingOwed ? 'session closed' : 'scheduled';
  }
}
