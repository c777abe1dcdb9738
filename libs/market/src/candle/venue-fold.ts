import type { CandleChanges } from './candle-changes.ts';
import type { CandleMemory } from './candle-memory.ts';
import { hourOf, rowOf } from './candle-memory.ts';
import { CandleState, Part } from './candle-row.ts';
import { putVenueCandle } from './venue-page.ts';
import type { VenueMinutes } from './venue-join.ts';
import type { VenueRow } from './venue-row.ts';
import { VenueSpans } from './venue-spans.ts';

/** The venue's side of the candle builder: its candles in the pages of memory, and the spans that they stand for. */
export class VenueFold {
  readonly spans = new VenueSpans();
  readonly #memory: CandleMemory;
  readonly #changes: CandleChanges;
  #newestMicros = -Infinity;

  constructor(parts: { memory: CandleMemory; changes: CandleChanges }) {
    this.#memory = parts.memory;
    this.#changes = parts.changes;
  }

  /** Open time of the newest candle told; -Infinity before the first. */
  get newestMicros(): number {
    return this.#newestMicros;
  }

  /** Puts a stored candle into memory. */
  load(segment: number, rows: VenueMinutes, { row, revision }: { row: number; revision: number }): void {
    const openTime = rows.openTime[row];
    this.#newestMicros = Math.max(this.#newestMicros, openTime);
    const page = this.#memory.page(segment, rows.instrument[row], hourOf(openTime));
    const at = rowOf(openTime);
    const { open, high, low, close, volume, tradeCount, version } = rows;
    const hasTicks = page.rows[at + Part.state] !== 0;
    const candle = {
      open: open[row],
      high: high[row],
      low: low[row],
      close: close[row],
      volume: volume[row],
      tradeCount: tradeCount[row],
      offset: version[row],
    };
    putVenueCandle(page, at, candle, hasTicks ? 0 : revision);
    this.#changes.mark(page, at);
  }

  /** Puts a candle into memory, above its floor. What was told before in the same words changes nothing. */
  put(segment: number, candle: VenueRow): void {
    const { instrument, fromMicros } = candle;
    this.#newestMicros = Math.max(this.#newestMicros, fromMicros);
    const page = this.#memory.page(segment, instrument, hourOf(fromMicros));
    const at = rowOf(fromMicros);
    const hasClosed = page.rows[at + Part.state] === CandleState.closed;
    if (putVenueCandle(page, at, candle, hasClosed ? 1 : 0)) this.#changes.mark(page, at);
  }
}
