import type { GapCause } from './gap.ts';

/** Why an instrument's ticks are missing until it is requested again, and when they were last known to come. */
export interface Absence {
  readonly cause: GapCause;
  readonly aliveMicros: number;
}

/** What the control events say of an instrument. */
export interface Line {
  /** Disconnected or paused: what arrives is fetched history and does not end a gap. */
  isDown: boolean;
  /** Requested, and has never ticked. */
  expectsFirst: boolean;
  /** receiveTime of the first acknowledgement since the last loss, or -1. */
  seenSinceMicros: number;
  absence: Absence | undefined;
}

/** The gap ledger's state beside its gaps, to be stored with them as JSON. */
export interface LedgerMemory {
  readonly aliveMicros: number;
  readonly restart?: Absence;
  readonly lines: readonly (Omit<Line, 'absence'> & {
    readonly instrument: string;
    readonly absence?: Absence;
  })[];
}

/** One line an instrument key, and what is true of all of them. */
export class SubscriptionLines {
  readonly #lines = new Map<string, Line>();
  #restart: Absence | undefined;
  #aliveMicros = -1;

  /** The line of an instrument. One that nothing is known of is absent since the last start. */
  of(key: string): Line {
    const known = this.#lines.get(key);
    if (known !== undefined) return known;
    const line = { isDown: false, expectsFirst: false, seenSinceMicros: -1, absence: this.#restart };
    this.#lines.set(key, line);
    return line;
  }

  /** A new run of the service: nothing is subscribed. */
  restart(cause: GapCause): void {
    this.#restart = { cause, aliveMicros: this.#aliveMicros };
    for (const line of this.#lines.values()) {
      line.absence = this.#restart;
      line.expectsFirst = false;
      line.seenSinceMicros = -1;
    }
  }

  /** The service was alive at this time. */
  alive(micros: number): void {
    this.#aliveMicros = Math.max(this.#aliveMicros, micros);
  }

  memory(): LedgerMemory {
    const lines = [...this.#lines].map(([instrument, { absence, ...line }]) => ({
      instrument,
      ...line,
      ...(absence === undefined ? {} : { absence }),
    }));
    const restart = this.#restart;
    return { aliveMicros: this.#aliveMicros, ...(restart === undefined ? {} : { restart }), lines };
  }

  load(memory: LedgerMemory): void {
    this.#aliveMicros = memory.aliveMicros;
    this.#restart = memory.restart;
    for (const { instrument, absence, ...line } of memory.lines)
      this.#lines.set(instrument, { ...line, absence });
  }
}
