// What the tests of candle sources share. Not part of the build.
import type { Interval } from '@tickwright/market';
import type { Candle } from '@tickwright/store';
import type { SourceEvent } from './source-event.ts';

export const MINUTE = 60_000_000;
export const T0 = 1_763_629_200_000_000;
export const ALPHA = 'SIM|ALPHA';

/** A closed, complete minute by its number. */
export function minute(number: number, change: Partial<Candle> = {}): Candle {
  const openTime = T0 + number * MINUTE;
  return {
    instrument: ALPHA,
    openTime,
    closeTime: openTime + MINUTE,
    open: 100,
    high: 102,
    low: 99,
    close: 101,
    volume: 1.5,
    tradeCount: 3,
    isClosed: true,
    isComplete: true,
    revision: 0,
    version: 10 + number,
    source: 'ticks',
    ...change,
  };
}

/** `closed 3`: what was told, by the minute's number. */
export function told(events: readonly SourceEvent[]): string[] {
  return events.flatMap((event) => {
    if (event.type === 'history')
      return event.candles.map(({ openTime }) => `warm ${(openTime - T0) / MINUTE}`);
    if (event.type === 'time') return `time ${(event.micros - T0) / MINUTE}`;
    if (event.type === 'freshness') return event.isStale ? 'stale' : 'fresh';
    if (event.type === 'restart') return 'restart';
    if (event.type === 'gap') return event.change.kind;
    if (event.type !== 'candle') return event.type;
    return `${event.phase} ${(event.candle.openTime - T0) / MINUTE}`;
  });
}

export function views(
  candles: readonly Candle[],
  interval: Interval = '1m',
): Map<Interval, readonly Candle[]> {
  return new Map([[interval, candles]]);
}
