// The candle fold once more, as plainly as it can be said: lists of objects, sorting, BigInt. Tests compare with it.
import type { InstrumentTable } from '../instrument.ts';
import type { Interval } from '../session/interval.ts';
import { bucketOf } from '../session/interval.ts';
import { calendars } from '../session/session-calendar.ts';
import { TickKind } from '../tick/tick-batch.ts';
import type { CandleRow, TickRow } from './candle-fixture.ts';

export type FoldEvent =
  | { readonly type: 'tick'; readonly tick: TickRow }
  | { readonly type: 'clock'; readonly receiveTime: number; readonly offset: number };

export interface ReferenceCandle {
  readonly instrument: number;
  readonly openTime: number;
  readonly closeTime: number;
  readonly ticks: TickRow[];
  isClosed: boolean;
  revision: number;
  version: number;
}

/** Sorts by (eventTime, tradeId or -1, offset, index). */
export function inOrder(ticks: readonly TickRow[]): TickRow[] {
  const key = (tick: TickRow): number[] => [tick.eventTime, tick.tradeId ?? -1, tick.offset, tick.index ?? 0];
  return [...ticks].sort((a, b) => {
    const [left, right] = [key(a), key(b)];
    const at = left.findIndex((part, index) => part !== right[index]);
    return at === -1 ? 0 : left[at] - right[at];
  });
}

/** Sums decimals by their text: exact for whatever the venue printed. */
export function decimalSum(values: readonly number[], decimals: number): number {
  const units = values.map((value) => BigInt(value.toFixed(decimals).replace('.', '')));
  return Number(`${units.reduce((sum, unit) => sum + unit, 0n)}e-${decimals}`);
}

export function referenceFold(
  events: readonly FoldEvent[],
  table: InstrumentTable,
  interval: Interval = '1m',
): ReferenceCandle[] {
  const candles: ReferenceCandle[] = [];
  const newest = new Map<string, number>();
  let clock = -Infinity;
  const due = (instrument: number, closeTime: number): boolean =>
    (newest.get(table.at(instrument).segment) ?? -Infinity) >= closeTime + 250_000 ||
    clock >= closeTime + 2_000_000;
  const closeDue = (offset: number): void => {
    for (const candle of candles) {
      if (candle.isClosed || !due(candle.instrument, candle.closeTime)) continue;
      candle.isClosed = true;
      candle.version = offset;
    }
  };
  for (const event of events) {
    if (event.type === 'clock') {
      clock = Math.max(clock, event.receiveTime);
      closeDue(event.offset);
      continue;
    }
    const { tick } = event;
    if (tick.kind === TickKind.quote) continue;
    const { segment, calendar } = table.at(tick.instrument);
    newest.set(segment, Math.max(newest.get(segment) ?? -Infinity, tick.eventTime));
    closeDue(tick.offset);
    const bucket = bucketOf(tick.eventTime, interval, calendars(calendar));
    if (bucket === undefined) continue;
    const found = candles.find((c) => c.instrument === tick.instrument && c.openTime === bucket.openMicros);
    if (found === undefined) {
      candles.push({
        instrument: tick.instrument,
        openTime: bucket.openMicros,
        closeTime: bucket.closeMicros,
        ticks: [tick],
        isClosed: due(tick.instrument, bucket.closeMicros),
        revision: 0,
        version: tick.offset,
      });
    } else {
      found.ticks.push(tick);
      found.version = tick.offset;
      if (found.isClosed) found.revision += 1;
    }
  }
  return candles;
}

/** The candles as rows, sorted by instrument key and open time. */
export function referenceRows(candles: readonly ReferenceCandle[], table: InstrumentTable): CandleRow[] {
  const key = (row: CandleRow): string => table.at(row.instrument).key;
  return candles
    .map((candle) => rowOf(candle, table))
    .sort((a, b) => (key(a) === key(b) ? a.openTime - b.openTime : key(a) < key(b) ? -1 : 1));
}

function rowOf(candle: ReferenceCandle, table: InstrumentTable): CandleRow {
  const ticks = inOrder(candle.ticks);
  const prices = ticks.map(({ price }) => price);
  const volumes = ticks.map(({ volume }) => volume);
  const trades = ticks.filter(({ kind, volume }) => kind !== TickKind.conflated || volume > 0);
  return {
    instrument: candle.instrument,
    openTime: candle.openTime,
    open: prices[0],
    high: Math.max(...prices),
    low: Math.min(...prices),
    close: prices[prices.length - 1],
    volume: decimalSum(volumes, table.at(candle.instrument).quantityDecimals),
    tradeCount: trades.length,
    isClosed: candle.isClosed ? 1 : 0,
    isComplete: 1,
    revision: candle.revision,
    version: candle.version,
    source: 0,
  };
}
