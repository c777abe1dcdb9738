import type { Session, SessionCalendar } from '../session/session-calendar.ts';
import type { TickBatch } from './tick-batch.ts';

/** How many ticks without an id are remembered to recognise a repeated one; the oldest is forgotten. */
export const RECENT_TICKS = 32;

/**
 * A subscription that was confirmed this long before a session's open has seen the session from its start. The margin
 * is for the difference between the venue's clock and ours.
 */
export const SEEN_AHEAD_MICROS = 60_000_000;

const FIELDS = 4;

/** What became of cumulative volumes, counted. */
export interface VolumeCounts {
  /** Cumulative volume below an earlier one of the session, or of a session that is over: adds nothing. */
  decreasingVolume: number;
  /** Increases across a gap: they belong to the gap. */
  gapIncreases: number;
  /** Conflated ticks outside every session: they add nothing. */
  outsideSession: number;
}

/** Memory of one instrument whose ticks have no ids: which ticks it has seen, how far its volume has come. */
export class UnnumberedTicks {
  readonly #calendar: SessionCalendar;
  readonly #scale: number;
  // eventTime, price, quantity, cumulativeVolume of each, in a ring.
  readonly #recent = new Float64Array(RECENT_TICKS * FIELDS);
  #remembered = 0;
  #newestMicros = -1;
  #session: Session | undefined;
  #date = '';
  #volume = -1;
  #gapPending = false;
  #seenSinceMicros = -1;
  #gapVolume = 0;

  constructor(options: { calendar: SessionCalendar; quantityDecimals: number }) {
    this.#calendar = options.calendar;
    this.#scale = 10 ** options.quantityDecimals;
  }

  get sessionDate(): string {
    return this.#date;
  }

  /** Cumulative volume of the session so far, or -1. */
  get volume(): number {
    return this.#volume;
  }

  /** Sum of the increases that belong to gaps, since this object exists. */
  get gapVolume(): number {
    return this.#gapVolume;
  }

  /** Ticks are missing from now on: the next increase of volume is not the next tick's. */
  gapOpened(): void {
    this.#gapPending = true;
    this.#seenSinceMicros = -1;
  }

  /** The subscription is confirmed: a session that opens later is seen whole. */
  seenSince(micros: number): void {
    this.#seenSinceMicros = micros;
  }

  /** Whether a row tells again what an earlier one told. */
  isRepeat(batch: TickBatch, row: number): boolean {
    const event = batch.eventTime[row];
    if (event > this.#newestMicros) return false;
    const kept = Math.min(this.#remembered, RECENT_TICKS);
    for (let back = 1; back <= kept; back++) {
      const at = ((this.#remembered - back) % RECENT_TICKS) * FIELDS;
      if (
        this.#recent[at] === event &&
        this.#recent[at + 1] === batch.price[row] &&
        this.#recent[at + 2] === batch.quantity[row] &&
        this.#recent[at + 3] === batch.cumulativeVolume[row]
      ) {
        // The volume is still what it was: nothing was traded in the gap.
        if (batch.cumulativeVolume[row] === this.#volume) this.#gapPending = false;
        return true;
      }
    }
    return false;
  }

  remember(batch: TickBatch, row: number): void {
    const { eventTime, price, quantity, cumulativeVolume } = batch;
    this.#remember([eventTime[row], price[row], quantity[row], cumulativeVolume[row]]);
  }

  /**
   * What a conflated tick adds: the increase of its cumulative volume within the session, which starts at 0. An
   * increase across a gap belongs to the gap. The highest value stands, so that nothing is added twice.
   */
  volumeOf(tick: { eventMicros: number; cumulativeVolume: number }, counts: VolumeCounts): number {
    const { eventMicros, cumulativeVolume } = tick;
    if (!(cumulativeVolume >= 0 && cumulativeVolume < Infinity)) return 0;
    const session = this.#sessionAt(eventMicros);
    if (session === undefined) {
      counts.outsideSession++;
      return 0;
    }
    if (session.date > this.#date) this.#enter(session);
    if (session.date < this.#date || cumulativeVolume < this.#volume) {
      counts.decreasingVolume++;
      return 0;
    }
    const increase = this.#rounded(cumulativeVolume - this.#volume);
    this.#volume = cumulativeVolume;
    if (!this.#gapPending) return increase;
    this.#gapPending = false;
    if (increase > 0) counts.gapIncreases++;
    this.#gapVolume += increase;
    return 0;
  }

  /**
   * Takes in a quote that tells the cumulative volume, as a snapshot after subscribing does: it sets the state, so that
   * the next tick adds what was traded after it, and that next tick is known if it tells the same again.
   */
  observe(batch: TickBatch, row: number, counts: VolumeCounts): void {
    const cumulativeVolume = batch.cumulativeVolume[row];
    if (!(cumulativeVolume >= 0) || this.isRepeat(batch, row)) return;
    this.remember(batch, row);
    const session = this.#sessionAt(batch.eventTime[row]);
    if (session === undefined || session.date < this.#date) return;
    if (session.date === this.#date && cumulativeVolume < this.#volume) return;
    // What was traded since the last tick was never shown: it belongs to a gap, told or not.
    this.#gapPending = true;
    this.volumeOf({ eventMicros: batch.eventTime[row], cumulativeVolume }, counts);
  }

  /** The part of a CoverageRow's memory that is kept here. */
  toMemory(): number[] {
    const kept = Math.min(this.#remembered, RECENT_TICKS);
    const memory = [this.#gapPending ? 1 : 0, this.#seenSinceMicros];
    for (let back = kept; back >= 1; back--) {
      const at = ((this.#remembered - back) % RECENT_TICKS) * FIELDS;
      memory.push(...this.#recent.subarray(at, at + FIELDS));
    }
    return memory;
  }

  load(state: { memory: readonly number[]; volume: number; sessionDate: string }): void {
    this.#gapPending = state.memory[0] === 1;
    this.#seenSinceMicros = state.memory[1] ?? -1;
    this.#volume = state.volume;
    this.#date = state.sessionDate;
    this.#remembered = 0;
    this.#newestMicros = -1;
    for (let at = 2; at < state.memory.length; at += FIELDS)
      this.#remember(state.memory.slice(at, at + FIELDS));
  }

  #remember(fields: readonly number[]): void {
    this.#recent.set(fields, (this.#remembered % RECENT_TICKS) * FIELDS);
    this.#remembered++;
    if (fields[0] > this.#newestMicros) this.#newestMicros = fields[0];
  }

  #enter(session: Session): void {
    this.#date = session.date;
    this.#volume = 0;
    const isSeenWhole =
      this.#seenSinceMicros >= 0 && this.#seenSinceMicros + SEEN_AHEAD_MICROS <= session.openMicros;
    if (isSeenWhole) this.#gapPending = false;
  }

  #sessionAt(micros: number): Session | undefined {
    const current = this.#session;
    if (current !== undefined && micros >= current.openMicros && micros < current.closeMicros) return current;
    const session = this.#calendar.sessionAt(micros);
    if (session !== undefined) this.#session = session;
    return session;
  }

  /** A difference of two decimals, without the dust of binary fractions. */
  #rounded(increase: number): number {
    const units = Math.round(increase * this.#scale);
    return Number.isSafeInteger(units) ? units / this.#scale : increase;
  }
}
