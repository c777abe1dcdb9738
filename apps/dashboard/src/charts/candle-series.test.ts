import { expect, test } from 'vitest';
import type { Candle } from '@tickwright/trading';
import { CandleSeries } from './candle-series.ts';

const MINUTE = 60_000_000;

function candle(minute: number, version = 1, close = 10): Candle {
  return {
    openMicros: minute * MINUTE,
    closeMicros: (minute + 1) * MINUTE,
    open: 10,
    high: 11,
    low: 9,
    close,
    volume: 1,
    tradeCount: 1,
    state: 'closed',
    isComplete: true,
    version,
    source: 'ticks',
  };
}

const minutes = (series: CandleSeries): number[] =>
  series.candles.map(({ openMicros }) => openMicros / MINUTE);

test('a newer candle goes to the end, the forming one is replaced there', () => {
  const series = new CandleSeries();
  series.merge([candle(1), candle(2)]);
  expect(series.merge([candle(2, 2, 12)])).toBe('end');
  expect(series.merge([candle(3)])).toBe('end');
  expect(minutes(series)).toEqual([1, 2, 3]);
  expect(series.candles[1]?.close).toBe(12);
});

test('older history and revisions find their places, an older version changes nothing', () => {
  const series = new CandleSeries();
  series.merge([candle(5), candle(6)]);
  expect(series.merge([candle(1), candle(3), candle(5, 0, 99)])).toBe('all');
  expect(minutes(series)).toEqual([1, 3, 5, 6]);
  expect(series.candles[2]?.close).toBe(10);
  expect(series.merge([candle(3, 2, 7)])).toBe('all');
  expect(series.candles[1]?.close).toBe(7);
  expect(series.merge([candle(3, 1)])).toBe('none');
});

test('a gap is shaded over the candles it touches, and between two where there is none', () => {
  const series = new CandleSeries();
  series.merge([candle(1), candle(2), candle(7), candle(8)]);
  const band = (from: number, to: number): object[] =>
    series.bands([{ fromMicros: from * MINUTE, toMicros: to * MINUTE }], 9 * MINUTE);
  expect(band(2.5, 2.7)).toEqual([{ from: 0.5, to: 1.5 }]);
  expect(band(3, 6)).toEqual([{ from: 1.5, to: 1.5 }]);
  expect(series.bands([{ fromMicros: 7.5 * MINUTE, toMicros: -1 }], 9 * MINUTE)).toEqual([
    { from: 1.5, to: 3.5 },
  ]);
  expect(band(-5, 0.5)).toEqual([]);
});

test('a session begins where the date changes', () => {
  const series = new CandleSeries();
  series.merge([candle(1), candle(2), candle(11), candle(12)]);
  const calendar = { dateOf: (micros: number) => String(Math.floor(micros / (10 * MINUTE))) };
  expect(series.sessionBreaks(calendar)).toEqual([1.5]);
  expect(series.bars(calendar).isSessionStart).toEqual([true, false, true, false]);
});
