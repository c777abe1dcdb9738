import type { CoverageRow } from './coverage-row.ts';
import { IdRanges } from './id-ranges.ts';
import type { InstrumentTable } from '../instrument.ts';
import type { Calendars } from '../session/session-calendar.ts';
import { UnnumberedTicks } from './unnumbered-ticks.ts';

/** The de-duplicator's state by instrument number. Typed arrays, so that the hot path reads and writes no objects. */
export interface Columns {
  /** The id that follows the newest one; NaN, which no id equals, where a tick has to be judged with care. */
  readonly next: Float64Array;
  /** The `IdSpace` that stands, or none. */
  readonly space: Uint8Array;
  /** Newest eventTime, eventTime of the oldest id, and last receiveTime; -1 for none. */
  readonly lastEvent: Float64Array;
  readonly firstEvent: Float64Array;
  readonly lastReceive: Float64Array;
  /** 1 when changed since the last snapshot of changes. */
  readonly changed: Uint8Array;
  /** 1 when the listener is told of every tick. */
  readonly watched: Uint8Array;
}

function columnsOf(capacity: number): Columns {
  return {
    next: new Float64Array(capacity).fill(Number.NaN),
    space: new Uint8Array(capacity),
    lastEvent: new Float64Array(capacity).fill(-1),
    firstEvent: new Float64Array(capacity).fill(-1),
    lastReceive: new Float64Array(capacity).fill(-1),
    changed: new Uint8Array(capacity),
    watched: new Uint8Array(capacity),
  };
}

/** Owns the columns and what does not fit into columns; grows with the instrument table. */
export class CoverageColumns {
  columns = columnsOf(64);
  #size = 0;
  readonly #instruments: InstrumentTable;
  readonly #calendars: Calendars;
  readonly #ranges: (IdRanges | undefined)[] = [];
  readonly #unnumbered: (UnnumberedTicks | undefined)[] = [];
  /** Loaded rows of instruments that are not in the table (yet): carried on, so that their coverage is not lost. */
  readonly #unclaimed = new Map<string, CoverageRow>();

  constructor(options: { instruments: InstrumentTable; calendars: Calendars }) {
    this.#instruments = options.instruments;
    this.#calendars = options.calendars;
  }

  /** Makes room for all instruments of the table. */
  grow(): void {
    const size = this.#instruments.size;
    if (size === this.#size) return;
    if (size > this.columns.next.length) this.#widen(Math.max(size, this.columns.next.length * 2));
    for (let at = this.#size; at < size; at++) {
      const { key } = this.#instruments.at(at);
      const row = this.#unclaimed.get(key);
      this.#unclaimed.delete(key);
      if (row !== undefined) this.#set(at, row);
    }
    this.#size = size;
  }

  /** The instrument's covered ids, those that the hot path counted included. */
  rangesOf(at: number): IdRanges {
    this.grow();
    const ranges = (this.#ranges[at] ??= new IdRanges());
    const next = this.columns.next[at];
    if (next >= 0) ranges.raise(next - 1);
    return ranges;
  }

  /** Sets which id the hot path may take without a judgement. */
  expect(at: number): void {
    const high = this.#ranges[at]?.high ?? -1;
    this.columns.next[at] = this.columns.watched[at] === 1 || high < 0 ? Number.NaN : high + 1;
  }

  watch(at: number, flag: 0 | 1): void {
    this.rangesOf(at);
    this.columns.watched[at] = flag;
    this.expect(at);
  }

  isWatched(at: number): boolean {
    return this.columns.watched[at] === 1;
  }

  /** The instrument's memory of ticks without ids. */
  unnumbered(at: number): UnnumberedTicks {
    this.grow();
    const known = this.#unnumbered[at];
    if (known !== undefined) return known;
    const { calendar, quantityDecimals } = this.#instruments.at(at);
    const made = new UnnumberedTicks({ calendar: this.#calendars(calendar), quantityDecimals });
    this.#unnumbered[at] = made;
    return made;
  }

  /** Marks what a snapshot of changes has to contain. */
  touch(at: number): void {
    this.grow();
    this.columns.changed[at] = 1;
  }

  snapshot({ changedOnly }: { changedOnly: boolean }): CoverageRow[] {
    this.grow();
    const rows = changedOnly ? [] : [...this.#unclaimed.values()];
    for (let at = 0; at < this.#size; at++) {
      if (changedOnly && this.columns.changed[at] === 0) continue;
      if (changedOnly) this.columns.changed[at] = 0;
      rows.push(this.#rowOf(at));
    }
    return rows;
  }

  load(rows: readonly CoverageRow[]): void {
    this.grow();
    for (const row of rows) {
      const at = this.#instruments.indexOf(row.instrument);
      if (at < 0) this.#unclaimed.set(row.instrument, row);
      else this.#set(at, row);
    }
  }

  #rowOf(at: number): CoverageRow {
    const { space, lastEvent, lastReceive, firstEvent } = this.columns;
    const ticks = this.#unnumbered[at];
    return {
      instrument: this.#instruments.at(at).key,
      idSpace: space[at],
      ranges: this.rangesOf(at).toNumbers(),
      lastEventMicros: lastEvent[at],
      lastReceiveMicros: lastReceive[at],
      lastCumulativeVolume: ticks?.volume ?? -1,
      sessionDate: ticks?.sessionDate ?? '',
      memory: [firstEvent[at], ...(ticks?.toMemory() ?? [])],
    };
  }

  #set(at: number, row: CoverageRow): void {
    const { columns } = this;
    this.#ranges[at] = IdRanges.fromNumbers(row.ranges);
    columns.space[at] = row.idSpace;
    columns.lastEvent[at] = row.lastEventMicros;
    columns.lastReceive[at] = row.lastReceiveMicros;
    columns.firstEvent[at] = row.memory[0] ?? -1;
    columns.changed[at] = 0;
    this.expect(at);
    this.#unnumbered[at] = undefined;
    if (row.memory.length <= 1) return;
    const { calendar, quantityDecimals } = this.#instruments.at(at);
    const ticks = new UnnumberedTicks({ calendar: this.#calendars(calendar), quantityDecimals });
    const { lastCumulativeVolume: volume, sessionDate } = row;
    ticks.load({ memory: row.memory.slice(1), volume, sessionDate });
    this.#unnumbered[at] = ticks;
  }

  #widen(capacity: number): void {
    const wider = columnsOf(capacity);
    const { columns } = this;
    wider.next.set(columns.next);
    wider.space.set(columns.space);
    wider.lastEvent.set(columns.lastEvent);
    wider.firstEvent.set(columns.firstEvent);
    wider.lastReceive.set(columns.lastReceive);
    wider.changed.set(columns.changed);
    wider.watched.set(columns.watched);
    this.columns = wider;
  }
}
