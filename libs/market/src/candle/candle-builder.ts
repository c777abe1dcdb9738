import { CandleChanges } from './candle-changes.ts';
import { CandleClosing } from './candle-closing.ts';
import type { CandleColumns } from './candle-columns.ts';
import { candleColumns } from './candle-columns.ts';
import type { CandleCounts } from './candle-counts.ts';
import { candleCounts } from './candle-counts.ts';
import type { GoneMinute, IsComplete, Reading } from './candle-extract.ts';
import { candlesAt, hourCandles } from './candle-extract.ts';
import type { CandleHour, Hour, Page } from './candle-memory.ts';
import { CandleMemory, hourOf, openTimeOf, rowOf } from './candle-memory.ts';
import { CandleState, Part, loadRow, startRow } from './candle-row.ts';
import type { CandleStateColumns } from './candle-state.ts';
import { foldTick } from './fold-tick.ts';
import type { InstrumentTable } from '../instrument.ts';
import { InstrumentCursors } from './instrument-cursors.ts';
import { HOUR_MICROS, MINUTE_MICROS } from '../session/interval.ts';
import type { Calendars } from '../session/session-calendar.ts';
import { SessionSpans } from '../session/session-spans.ts';
import type { TickBatch } from '../tick/tick-batch.ts';
import { TickKind } from '../tick/tick-batch.ts';
import type { UnloadedCandle } from './unloaded-candles.ts';
import { UnloadedCandles } from './unloaded-candles.ts';
import { VenueFold } from './venue-fold.ts';
import { hasVenueCandle } from './venue-page.ts';
import type { VenueMinutes } from './venue-join.ts';
import { VenueRowKind } from './venue-row.ts';
import type { VenueRow } from './venue-row.ts';

export interface CandleBuilderOptions {
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  /** Whole hours behind the newest event time that `forget` leaves in memory. */
  readonly memoryHours: number;
}

/**
 * Folds ticks into 1m candles. A pure fold: the same ticks and clock frames in the same order give the same candles,
 * versions and revisions however they are cut into batches; time comes only from them.
 *
 * A candle's ticks stand in the order (eventTime, tradeId or -1, offset, index), so that open and close are right for any
 * order of arrival. Sums of volume are exact in units of the instrument's quantityDecimals.
 */
export class CandleBuilder {
  readonly counts: CandleCounts = candleCounts();
  readonly #instruments: InstrumentTable;
  readonly #memoryMicros: number;
  readonly #memory = new CandleMemory();
  readonly #changes = new CandleChanges();
  readonly #unloaded = new UnloadedCandles();
  readonly #cursors = new InstrumentCursors();
  readonly #sessions: SessionSpans;
  readonly #venue: VenueFold;
  readonly #closing: CandleClosing;
  #floorMicros = Infinity;
  #newestOffset = 0;

  constructor(options: CandleBuilderOptions) {
    if (!Number.isInteger(options.memoryHours) || options.memoryHours < 1) {
      throw new RangeError(`memoryHours is ${options.memoryHours}: expected a whole number of at least 1`);
    }
    this.#instruments = options.instruments;
    this.#memoryMicros = options.memoryHours * HOUR_MICROS;
    this.#sessions = new SessionSpans(options.calendars);
    this.#venue = new VenueFold({
      memory: this.#memory,
      changes: this.#changes,
      cursors: this.#cursors,
      sessions: this.#sessions,
    });
    this.#closing = new CandleClosing((page, at) => {
      this.counts.closed += 1;
      this.#changes.mark(page, at);
    });
  }

  /** Candles that open before this are not in memory. Infinity until the first candle, load or `startAt`. */
  get floorMicros(): number {
    return this.#floorMicros;
  }

  /** Newest event time of a segment's trades, microseconds; 0 before the first. */
  watermarkMicros(segment: string): number {
    return Math.max(0, this.#closing.newest[this.#closing.find(segment)] ?? 0);
  }

  /** Candles of the segment that end at or before this time are closed, microseconds UTC; 0 before anything was seen. */
  closedBeforeMicros(segment: string): number {
    const number = this.#closing.find(segment);
    return number < 0 ? 0 : Math.max(0, this.#closing.closedBefore(number));
  }

  /**
   * Starts memory at a whole UTC hour. Throws a RangeError for another time, and when memory has already begun: what came
   * before would be missing from it.
   */
  startAt(floorMicros: number): void {
    if (hourOf(floorMicros) !== floorMicros)
      throw new RangeError(`${floorMicros} is not a whole UTC hour in microseconds`);
    if (this.#floorMicros !== Infinity)
      throw new RangeError(`candle memory has already begun at ${this.#floorMicros}`);
    this.#floorMicros = floorMicros;
  }

  /** Folds rows 0..count-1 of accepted ticks, none of them seen before. Their instruments are in the table. */
  fold(batch: TickBatch): void {
    this.#learn();
    // The hot loop: no object, no closure and no look-up a tick while it stays in its candle (`scripts/bench/candles.ts`).
    const { count, instrument, eventTime, kind, offset } = batch;
    const { segment, scale, spanFrom, spanTo, at, rows } = this.#cursors;
    const { newest, deadline } = this.#closing;
    const epoch = this.#changes.epoch;
    for (let row = 0; row < count; row++) {
      // A quote's time may be our own: it tells nothing of how far the venue's trades have come.
      if (kind[row] === TickKind.quote) {
        this.counts.quotes += 1;
        continue;
      }
      const number = instrument[row];
      const time = eventTime[row];
      if (time > newest[segment[number]]) {
        newest[segment[number]] = time;
        if (time >= deadline[segment[number]]) this.#closing.close(segment[number], offset[row]);
      }
      if (time < spanFrom[number] || time >= spanTo[number]) {
        if (!this.#seek(number, time, offset[row])) continue;
      }
      const candle = rows[number];
      const start = at[number];
      foldTick(candle, start, batch, row, scale[number]);
      if (candle[start + Part.state] === CandleState.closed) this.#revise(candle, start);
      if (candle[start + Part.mark] !== epoch) this.#changes.mark(this.#cursors.pages[number], start);
    }
    this.counts.ticks += count;
    if (count > 0) this.#newestOffset = Math.max(this.#newestOffset, offset[count - 1]);
  }

  /**
   * Takes what is known from elsewhere than ticks: the venue's own candles, which stand where ticks do not cover (see
   * `venueStands`), and the spans in which they do. Rows are those of one frame, given after its ticks.
   */
  foldVenue(rows: readonly VenueRow[]): void {
    this.#learn();
    for (const row of rows) {
      this.#newestOffset = Math.max(this.#newestOffset, row.offset);
      if (row.kind === VenueRowKind.candle) this.#takeVenueCandle(row);
      else if (row.kind !== VenueRowKind.answered) this.#takeSpan(row);
    }
  }

  /**
   * Puts the venue's candles of the time in memory and the spans for which they stand into it, as they are stored; they
   * count as changed. `revisionOf`: of a row that only the venue tells. After `load`.
   */
  loadVenue(rows: VenueMinutes, spans: readonly VenueRow[], revisionOf: (row: number) => number): void {
    this.#learn();
    for (const span of spans) this.#venue.spans.add(span);
    for (let row = 0; row < rows.count; row++) {
      if (rows.openTime[row] >= this.#floorMicros) this.#venue.load(rows, { row, revision: revisionOf(row) });
    }
  }

  /** The instrument has had ticks, at whatever time: what is not in memory tells it. */
  see(instrument: number): void {
    this.#venue.spans.see(instrument);
  }

  /** Takes a clock frame: closes the candles that ended 2 s before it. */
  clock(receiveTimeMicros: number, offset: number): void {
    this.#closing.clock(receiveTimeMicros, offset);
    this.#newestOffset = Math.max(this.#newestOffset, offset);
  }

  /**
   * Puts candles into memory as they were computed from stored ticks, before any of their later ticks is folded. They
   * count as changed. Throws a RangeError for a candle below the floor, or one that memory has already.
   */
  load(states: CandleStateColumns): void {
    this.#learn();
    for (let row = 0; row < states.count; row++) {
      const segment = this.#cursors.segment[states.instrument[row]];
      this.#closing.newest[segment] = Math.max(this.#closing.newest[segment], states.lastEventTime[row]);
    }
    for (let row = 0; row < states.count; row++) this.#loadRow(states, row);
  }

  /** Candles outside memory that late ticks or changed gaps touched since the last call, to be computed from storage. */
  takeUnloaded(): UnloadedCandle[] {
    return this.#unloaded.take();
  }

  /**
   * Marks an instrument's candles that overlap [from, to) as changed at an offset: their completeness changed, for the
   * first time at `since`.
   */
  touch(
    instrument: number,
    change: { fromMicros: number; toMicros: number; offset: number; since: number },
  ): void {
    const { fromMicros, toMicros, offset, since } = change;
    this.#learn();
    this.#newestOffset = Math.max(this.#newestOffset, offset);
    // A gap that is still open has no end: what lies past the newest time known has no candle yet.
    const horizon = hourOf(Math.max(fromMicros, this.#closing.newestMicros())) + HOUR_MICROS;
    const closeTime = Math.min(toMicros, this.#floorMicros, horizon);
    if (fromMicros < closeTime)
      this.#unloaded.addSpan({ instrument, openTime: fromMicros, closeTime, offset, since });
    for (const hour of this.#memory.hoursOf(this.#cursors.segment[instrument])) {
      if (hour.hourMicros >= toMicros || hour.hourMicros + HOUR_MICROS <= fromMicros) continue;
      const page = hour.pages.get(instrument);
      if (page !== undefined) this.#changes.touch(page, { fromMicros, toMicros, offset });
    }
  }

  /** Hours in which a candle changed since the last call. */
  takeChangedHours(): CandleHour[] {
    return this.#changes.takeHours().map((hour) => this.#named(hour));
  }

  /** Puts back hours that were taken and could not be published. Those no longer in memory go to `takeUnloaded`. */
  returnChangedHours(hours: readonly CandleHour[]): void {
    for (const { segment, hourMicros } of hours) {
      const found = this.#memory.hour(this.#closing.find(segment), hourMicros);
      if (found !== undefined) this.#changes.markHour(found);
      else this.#returnForgotten(segment, hourMicros);
    }
  }

  /** Start times of a segment's hours in memory, ascending. */
  hoursInMemory(segment: string): number[] {
    const hours = this.#memory.hoursOf(this.#closing.find(segment));
    return Array.from(hours, ({ hourMicros }) => hourMicros).sort((a, b) => a - b);
  }

  /**
   * All candles of a segment's UTC hour, sorted by instrument key (string order) and open time. Throws a RangeError for
   * an hour below the floor: it would look as if nothing had traded.
   */
  hourRows(segment: string, hourMicros: number, isComplete: IsComplete): CandleColumns {
    if (hourMicros < this.#floorMicros)
      throw new RangeError(`the hour ${hourMicros} of ${segment} is not in memory`);
    const hour = this.#memory.hour(this.#closing.find(segment), hourMicros);
    return hour === undefined ? candleColumns(0) : hourCandles(hour, this.#reading(isComplete));
  }

  /**
   * Candles that changed since the last call, as they are now, in the order in which they first changed. After more than
   * `MAX_CHANGED_CANDLES` there are none and `hasOverflowed` is true: whoever follows them needs a snapshot. `gone`: those
   * that were candles at some time, told or not, and are none now.
   */
  takeChangedCandles(isComplete: IsComplete): {
    candles: CandleColumns;
    gone: readonly GoneMinute[];
    hasOverflowed: boolean;
  } {
    const { rows, hasOverflowed } = this.#changes.takeRows();
    return { ...candlesAt(rows, this.#reading(isComplete)), hasOverflowed };
  }

  /**
   * Drops the hours that lie `memoryHours` behind the newest event time, from the oldest up to the first that has changes
   * to publish or a candle that forms, and raises the floor. Returns how many.
   */
  forget(): number {
    const newest = Math.max(this.#venue.newestMicros, ...this.#closing.newest);
    let floor = Math.min(hourOf(newest) - this.#memoryMicros, this.#closing.oldestFormingHour());
    for (const hour of this.#memory.hours()) {
      if (this.#changes.hasHour(hour)) floor = Math.min(floor, hour.hourMicros);
    }
    if (!(floor > this.#floorMicros)) return 0;
    this.#floorMicros = floor;
    this.#cursors.dropBefore(floor);
    this.#venue.spans.dropBefore(floor);
    return this.#memory.dropBefore(floor);
  }

  #learn(): void {
    this.#cursors.learn(this.#instruments, { segments: this.#closing, calendars: this.#sessions });
  }

  #reading(isComplete: IsComplete): Reading {
    return { instruments: this.#instruments, isComplete, spans: this.#venue.spans };
  }

  #takeVenueCandle(row: VenueRow): void {
    const { instrument, fromMicros, minutes, offset } = row;
    // Of longer intervals the candle files hold none, and outside of sessions there is no candle.
    if (minutes !== 1 || !this.#venue.isInSession(row)) return;
    if (this.#floorMicros === Infinity) this.#floorMicros = hourOf(fromMicros);
    if (fromMicros >= this.#floorMicros) return this.#venue.put(row);
    this.counts.unloaded += 1;
    this.#unloaded.addMinute(instrument, fromMicros, offset);
  }

  /** Where the venue's candles stand has changed. */
  #takeSpan(row: VenueRow): void {
    const { instrument, offset, kind, fromMicros, toMicros } = row;
    this.#venue.spans.add(row);
    // Up to its first tick an instrument was unseen before as well; what follows is told by ticks from now on.
    const isFirst = kind === VenueRowKind.unseen;
    const changed = isFirst
      ? { fromMicros: toMicros, toMicros: Number.MAX_SAFE_INTEGER }
      : { fromMicros, toMicros };
    this.touch(instrument, { ...changed, offset, since: offset });
  }

  /** Points the instrument's cursor at the candle of a time, made when it is missing. False when none takes the tick. */
  #seek(instrument: number, time: number, offset: number): boolean {
    const { segment, calendar } = this.#cursors;
    if (!this.#sessions.contains(calendar[instrument], time)) {
      this.counts.outsideSession += 1;
      return false;
    }
    const openTime = time - (time % MINUTE_MICROS);
    if (this.#floorMicros === Infinity) this.#floorMicros = hourOf(openTime);
    if (openTime < this.#floorMicros) {
      this.counts.unloaded += 1;
      this.#unloaded.addMinute(instrument, openTime, offset);
      return false;
    }
    const page = this.#memory.page(segment[instrument], instrument, hourOf(openTime));
    const at = rowOf(openTime);
    if (page.rows[at + Part.state] === 0) this.#start(page, at);
    this.#cursors.point(instrument, {
      page,
      at,
      spanFrom: Math.max(openTime, this.#sessions.openMicros[calendar[instrument]]),
      spanTo: Math.min(openTime + MINUTE_MICROS, this.#sessions.closeMicros[calendar[instrument]]),
    });
    return true;
  }

  #start(page: Page, at: number): void {
    const { segment } = page.hour;
    const isClosed = this.#closing.isClosed(segment, openTimeOf(page, at) + MINUTE_MICROS);
    startRow(page.rows, at, isClosed);
    // A late tick where the venue's candle stood is a change of what was published.
    if (isClosed && hasVenueCandle(page, at)) page.rows[at + Part.revision] = 0;
    if (!isClosed) this.#closing.watch(segment, page, at);
    this.counts.candles += 1;
  }

  #revise(rows: Float64Array, at: number): void {
    this.counts.late += 1;
    rows[at + Part.revision] += 1;
    if (rows[at + Part.revision] > 0) this.counts.revisions += 1;
  }

  #loadRow(states: CandleStateColumns, row: number): void {
    const instrument = states.instrument[row];
    const openTime = states.openTime[row];
    const what = (): string => `the candle of ${this.#instruments.at(instrument).key} at ${openTime}`;
    if (!(openTime >= this.#floorMicros))
      throw new RangeError(`${what()} lies below the floor ${this.#floorMicros}`);
    const segment = this.#cursors.segment[instrument];
    const page = this.#memory.page(segment, instrument, hourOf(openTime));
    const at = rowOf(openTime);
    if (page.rows[at + Part.state] !== 0) throw new RangeError(`${what()} is in memory already`);
    const isClosed = states.isClosed[row] === 1 || this.#closing.isClosed(segment, openTime + MINUTE_MICROS);
    page.rows[at + Part.state] = isClosed ? CandleState.closed : CandleState.forming;
    loadRow(page.rows, at, states, row);
    if (!isClosed) this.#closing.watch(segment, page, at);
    this.counts.candles += 1;
    this.#changes.mark(page, at);
  }

  #returnForgotten(segment: string, hourMicros: number): void {
    for (const [instrument, { segment: name }] of this.#instruments.list().entries()) {
      if (name !== segment) continue;
      const closeTime = hourMicros + HOUR_MICROS;
      // Since when it had changes to publish is no longer known.
      this.#unloaded.addSpan({
        instrument,
        openTime: hourMicros,
        closeTime,
        offset: this.#newestOffset,
        since: 0,
      });
    }
  }

  #named(hour: Hour): CandleHour {
    return { segment: this.#closing.name(hour.segment), hourMicros: hour.hourMicros };
  }
}
