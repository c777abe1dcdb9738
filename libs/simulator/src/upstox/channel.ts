import { firstOrderAt, ordersBetween } from '../market/history.ts';
import type { SliceRows } from '../market/history.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import { addTrade, flatCandle } from './candle-fold.ts';
import type { Candle } from './candle-fold.ts';
import type { Hours, TradingDay } from './hours.ts';

const MINUTE_MS = 60_000;

/**
 * What is known of one instrument at a time: its last trade, the session's volume and candles. A pure function of the
 * instrument and the time, come to by folding the session from its open; reached in steps, so that nobody waits long.
 */
export class Channel {
  readonly instrument: SimulatedInstrument;
  readonly #hours: Hours;
  #session: TradingDay | undefined;
  #rows: Generator<SliceRows> | undefined;
  #current: { readonly rows: SliceRows; at: number } | undefined;
  /** Trades up to and including this are folded; -1 before the first step. */
  #atMs = -1;
  lastTicks = 0;
  lastMs = 0;
  lastUnits = 0;
  /** Of the session so far. */
  volume = 0;
  previousClose: number;
  day: Candle;
  minute: Candle;
  /** The last minute that is over, once one is. */
  lastMinute: Candle | undefined;
  /** Orders since the last update. */
  fresh = 0;

  constructor(instrument: SimulatedInstrument, hours: Hours) {
    this.instrument = instrument;
    this.#hours = hours;
    this.previousClose = instrument.baseTicks;
    this.day = flatCandle(0, instrument.baseTicks);
    this.minute = this.day;
  }

  /** Folds towards a time, at most so many orders. Answers whether it is reached. */
  advance(toMs: number, maxOrders: number): boolean {
    if (toMs <= this.#atMs) return true;
    const session = this.#hours.current(toMs);
    if (session === undefined) return true;
    if (session.openMs !== this.#session?.openMs) this.#enter(session);
    const isReached = this.#fold(Math.min(toMs, session.closeMs - 1), maxOrders);
    if (!isReached) return false;
    this.#closeMinute(Math.min(toMs, session.closeMs));
    this.#atMs = toMs;
    return true;
  }

  #enter(session: TradingDay): void {
    const { instrument } = this;
    const from = firstOrderAt(instrument, session.openMs);
    const end = firstOrderAt(instrument, session.closeMs);
    this.#session = session;
    this.#rows = ordersBetween(instrument, { from, end });
    this.#current = undefined;
    this.#before(from);
    this.volume = 0;
    this.day = flatCandle(session.openMs, this.lastTicks);
    this.minute = flatCandle(session.openMs, this.lastTicks);
    this.lastMinute = undefined;
  }

  /** The trade before the session, which stands until there is one in it. */
  #before(order: number): void {
    this.lastTicks = this.instrument.baseTicks;
    for (const { columns, start } of ordersBetween(this.instrument, {
      from: Math.max(0, order - 1),
      end: order,
    })) {
      this.#last({ columns, start, end: start + 1 }, start);
    }
    this.previousClose = this.lastTicks;
  }

  #fold(lastMs: number, maxOrders: number): boolean {
    let left = maxOrders;
    for (;;) {
      this.#current ??= this.#nextRows();
      const current = this.#current;
      if (current === undefined) return true;
      const { columns, end } = current.rows;
      for (; current.at < end; current.at++) {
        if (columns.timeMs[current.at] > lastMs) return true;
        if (left-- === 0) return false;
        this.#take(current.rows, current.at);
      }
      this.#current = undefined;
    }
  }

  #nextRows(): { rows: SliceRows; at: number } | undefined {
    const next = this.#rows?.next();
    return next === undefined || next.done === true ? undefined : { rows: next.value, at: next.value.start };
  }

  #take(rows: SliceRows, row: number): void {
    const { columns } = rows;
    const units = columns.unitsOf(row);
    this.#closeMinute(columns.timeMs[row]);
    this.#last(rows, row);
    this.volume += units;
    this.fresh += 1;
    addTrade(this.day, this.lastTicks, units);
    addTrade(this.minute, this.lastTicks, units);
  }

  #last({ columns }: SliceRows, row: number): void {
    this.lastTicks = columns.priceTicks[row];
    this.lastMs = columns.timeMs[row];
    this.lastUnits = columns.fillUnits[columns.fillStart[row] + columns.fills[row] - 1];
  }

  /** Goes on to the minute of a time; the last one that is over is told, an untraded one is flat. */
  #closeMinute(ms: number): void {
    const openMs = this.minute.openMs + Math.floor((ms - this.minute.openMs) / MINUTE_MS) * MINUTE_MS;
    if (openMs <= this.minute.openMs) return;
    const isNext = openMs === this.minute.openMs + MINUTE_MS;
    this.lastMinute = isNext ? this.minute : flatCandle(openMs - MINUTE_MS, this.minute.close);
    this.minute = flatCandle(openMs, this.minute.close);
  }
}
