import type { CandleChanges } from './candle-changes.ts';
import type { CandleMemory, Page } from './candle-memory.ts';
import { hourOf, rowOf } from './candle-memory.ts';
import { CandleState, Part } from './candle-row.ts';
import type { InstrumentCursors } from './instrument-cursors.ts';
import type { SessionSpans } from '../session/session-spans.ts';
import type { VenueMinutes } from './venue-join.ts';
import { putVenueCandle } from './venue-page.ts';
import type { VenueRow } from './venue-row.ts';
import { VenueSpans } from './venue-spans.ts';

/** What of the builder the venue's side works on. */
interface VenueFoldParts {
  readonly memory: CandleMemory;
  readonly changes: CandleChanges;
  readonly cursors: InstrumentCursors;
  readonly sessions: SessionSpans;
}

/** The venue's side of the candle builder: its candles in the pages of memory, and the spans that they stand for. */
export class VenueFold {
  readonly spans = new VenueSpans();
  readonly #parts: VenueFoldParts;
  #newestMicros = -Infinity;

  constructor(parts: VenueFoldParts) {
    this.#parts = parts;
  }

  /** Open time of the newest candle in memory; -Infinity before the first. */
  get newestMicros(): number {
    return this.#newestMicros;
  }

  isInSession({ instrument, fromMicros }: Pick<VenueRow, 'instrument' | 'fromMicros'>): boolean {
    const { sessions, cursors } = this.#parts;
    return sessions.contains(cursors.calendar[instrument], fromMicros);
  }

  /** Puts a candle into memory, above its floor. What was told before in the same words changes nothing. */
  put(candle: VenueRow): void {
    const { instrument, fromMicros } = candle;
    const page = this.#page(instrument, fromMicros);
    const at = rowOf(fromMicros);
    const hasClosed = page.rows[at + Part.state] === CandleState.closed;
    if (putVenueCandle(page, at, candle, hasClosed ? 1 : 0)) this.#parts.changes.mark(page, at);
  }

  /** Puts a stored candle into memory, unless no session has it. `revision`: where only the venue tells the minute. */
  load(rows: VenueMinutes, { row, revision }: { row: number; revision: number }): void {
    const instrument = rows.instrument[row];
    const openTime = rows.openTime[row];
    if (!this.isInSession({ instrument, fromMicros: openTime })) return;
    const page = this.#page(instrument, openTime);
    const at = rowOf(openTime);
    const { open, high, low, close, volume, tradeCount, version } = rows;
    const candle = {
      open: open[row],
      high: high[row],
      low: low[row],
      close: close[row],
      volume: volume[row],
      tradeCount: tradeCount[row],
      offset: version[row],
    };
    const hasTicks = page.rows[at + Part.state] !== 0;
    putVenueCandle(page, at, candle, hasTicks ? 0 : revision);
    this.#parts.changes.mark(page, at);
  }

  #page(instrument: number, openTime: number): Page {
    const { memory, cursors } = this.#parts;
    this.#newestMicros = Math.max(this.#newestMicros, openTime);
    return memory.page(cursors.segment[instrument], instrument, hourOf(openTime));
  }
}
