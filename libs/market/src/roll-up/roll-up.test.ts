import { describe, expect, test } from 'vitest';
import { CandleSource } from '../candle/candle-columns.ts';
import { rollUp } from './roll-up.ts';
import type { RollUpOptions } from './roll-up.ts';
import { calendars } from '../session/session-calendar.ts';
import type { CandleRow } from '../candle/candle-fixture.ts';
import { MINUTE, START, candleRows, columnsOf, threeInstruments } from '../candle/candle-fixture.ts';

const instruments = threeInstruments();
const [ETH, BTC, NSE] = [0, 1, 2];
const OPEN = START + 5 * MINUTE;

function minute(openTime: number, row: Partial<CandleRow> = {}): CandleRow {
  return {
    instrument: BTC,
    openTime,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 0.1,
    tradeCount: 2,
    isClosed: 1,
    isComplete: 1,
    revision: 0,
    version: 5,
    source: CandleSource.ticks,
    ...row,
  };
}

function roll(rows: CandleRow[], options: Partial<RollUpOptions> = {}): CandleRow[] {
  const given: RollUpOptions = { interval: '5m', instruments, calendars, closedBefore: Infinity, ...options };
  return candleRows(rollUp(columnsOf(rows), given));
}

describe('rolling up', () => {
  test('open is the first, close the last, high and low the extremes, volume the exact sum', () => {
    const rows = [
      minute(START, { open: 1, close: 5, high: 8 }),
      minute(START + MINUTE, { low: 2, volume: 0.2 }),
      minute(START + 4 * MINUTE, { close: 7, revision: 2, version: 90 }),
    ];
    expect(roll(rows)).toEqual([
      minute(START, {
        open: 1,
        high: 12,
        low: 2,
        close: 7,
        volume: 0.4,
        tradeCount: 6,
        revision: 2,
        version: 90,
      }),
    ]);
  });

  test('each instrument and each bucket has its own candle, and a missing bucket has none', () => {
    const rows = [minute(START), minute(START + 15 * MINUTE), minute(START, { instrument: ETH })];
    expect(roll(rows).map(({ instrument, openTime }) => [instrument, openTime])).toEqual([
      [BTC, START],
      [BTC, START + 15 * MINUTE],
      [ETH, START],
    ]);
  });

  test('NSE hours are anchored at 09:15 and the last one is short', () => {
    const minutes = Array.from({ length: 375 }, (_, at) =>
      minute(OPEN + at * MINUTE, { instrument: NSE, volume: 1 }),
    );
    const hours = roll(minutes, { interval: '1h' });
    expect(hours.map(({ openTime }) => (openTime - OPEN) / MINUTE)).toEqual([0, 60, 120, 180, 240, 300, 360]);
    expect(hours.map(({ volume }) => volume)).toEqual([60, 60, 60, 60, 60, 60, 15]);
    expect(roll(minutes, { interval: '1d' })).toMatchObject([{ openTime: OPEN, volume: 375 }]);
  });

  test('1m rolled up to 1m is the same, but for candles outside every session', () => {
    const rows = [
      minute(OPEN, { instrument: NSE, volume: 3 }),
      minute(OPEN + 1000 * MINUTE, { instrument: NSE }),
    ];
    expect(roll(rows, { interval: '1m' })).toEqual([rows[0]]);
  });
});

describe('what may be said of a bucket', () => {
  test('it is closed when its close time has passed, by the time of its own segment', () => {
    const rows = [minute(START), minute(OPEN, { instrument: NSE })];
    const closed = (closedBefore: RollUpOptions['closedBefore']): number[] =>
      roll(rows, { closedBefore }).map(({ isClosed }) => isClosed);
    expect(closed(START + 5 * MINUTE - 1)).toEqual([0, 0]);
    expect(closed(START + 5 * MINUTE)).toEqual([1, 0]);
    expect(closed((segment) => (segment === 'NSE_EQ' ? OPEN + 5 * MINUTE : 0))).toEqual([0, 1]);
  });

  test('it is not closed while a part is not', () => {
    expect(roll([minute(START), minute(START + MINUTE, { isClosed: 0 })])[0].isClosed).toBe(0);
  });

  test('it is complete only if all parts are, and no gap covers a minute that has no candle', () => {
    const [first, second] = [minute(START), minute(START + MINUTE)];
    expect(roll([first, second])[0].isComplete).toBe(1);
    expect(roll([{ ...first, isComplete: 0 }, second])[0].isComplete).toBe(0);
    const isComplete = (instrument: number, openTime: number, closeTime: number): boolean => {
      expect([instrument, openTime, closeTime]).toEqual([BTC, START, START + 5 * MINUTE]);
      return false;
    };
    expect(roll([first, second], { isComplete })[0].isComplete).toBe(0);
  });

  test('its source is the venue if that of any part is', () => {
    const rows = [minute(START, { source: CandleSource.venue }), minute(START + MINUTE)];
    expect(roll(rows)[0].source).toBe(CandleSource.venue);
  });
});

test('a minute that comes twice, or out of order, is refused rather than counted', () => {
  expect(() => roll([minute(START), minute(START)])).toThrow(/BINANCE\|BTCUSDT cannot be rolled up/);
  expect(() => roll([minute(START + MINUTE), minute(START)])).toThrow(RangeError);
});
