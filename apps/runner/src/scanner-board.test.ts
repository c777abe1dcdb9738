import { expect, test } from 'vitest';
import { instrumentKey } from '@tickwright/market';
import type { Candle, EngineConfig } from '@tickwright/trading';
import { ScannerBoard } from './scanner-board.ts';

const KEY = instrumentKey('SIM|ALPHA');
const MINUTE = 60_000_000;
const START = Date.UTC(2026, 10, 20, 10) * 1_000;

const plan = {
  instruments: [{ instrument: KEY, calendar: 'always', isHalted: false, haltReason: '' }],
  fills: { interval: '1m' },
} as unknown as EngineConfig;

function candle(minute: number, fields: Partial<Candle>): Candle {
  const openMicros = START + minute * MINUTE;
  const price = { open: 100, high: 101, low: 99, close: 100 };
  const rest = { volume: 5, tradeCount: 3, isComplete: true, source: 'ticks', state: 'forming' } as const;
  return { openMicros, closeMicros: openMicros + MINUTE, ...price, ...rest, version: 1, ...fields };
}

function told(board: ScannerBoard, each: Candle, publishedSecond: number): string | null {
  board.candle({
    instrument: KEY,
    interval: '1m',
    candle: each,
    publishedMicros: START + publishedSecond * 1_000_000,
  });
  const [row] = board.rows(START + publishedSecond * 1_000_000, {
    strategies: () => [],
    positions: () => [],
  });
  return row?.last_price_ts ?? null;
}

test('the time of the last price is when the candle that changed was published, and stays while it does not change', () => {
  const board = new ScannerBoard(plan);
  expect(told(board, candle(0, { version: 10 }), 12)).toBe('2026-11-20T10:00:00.000Z');
  expect(told(board, candle(0, { version: 20, close: 100.5 }), 15)).toBe('2026-11-20T10:00:15.000Z');
  expect(told(board, candle(0, { version: 20, close: 100.5 }), 30)).toBe('2026-11-20T10:00:15.000Z');
  // Traded again, at the same price.
  expect(told(board, candle(0, { version: 30, close: 100.5 }), 40)).toBe('2026-11-20T10:00:40.000Z');
  // It closes with what was known of it.
  expect(told(board, candle(0, { version: 31, close: 100.5, state: 'closed' }), 62)).toBe(
    '2026-11-20T10:00:40.000Z',
  );
  // A minute without a trade that was filled in is no trade.
  expect(
    told(board, candle(1, { version: 0, close: 100.5, tradeCount: 0, volume: 0, state: 'closed' }), 121),
  ).toBe('2026-11-20T10:00:40.000Z');
  expect(told(board, candle(2, { version: 40 }), 125)).toBe('2026-11-20T10:02:05.000Z');
});

test('an older candle that comes late changes the day and not the price', () => {
  const board = new ScannerBoard(plan);
  told(board, candle(5, { version: 10, close: 100 }), 310);
  told(board, candle(5, { version: 11, close: 102 }), 312);
  told(board, candle(1, { version: 12, close: 50, low: 50, state: 'revised' }), 315);
  const [row] = board.rows(START, { strategies: () => [], positions: () => [] });
  expect(row).toMatchObject({ last_price: 102, last_price_ts: '2026-11-20T10:05:12.000Z', day_low: 50 });
});

test('what a day traded before the first look stands in its figures, and later minutes are added once', () => {
  const board = new ScannerBoard(plan);
  told(board, candle(0, { version: 10, close: 100 }), 10);
  const openTime = Math.floor(START / (24 * 60 * MINUTE)) * 24 * 60 * MINUTE;
  const day = { instrument: KEY, openTime, open: 80, high: 120, low: 70, close: 100, volume: 1_005 };
  const yesterday = { ...day, openTime: openTime - 24 * 60 * MINUTE, close: 90 };
  board.days([yesterday, day]);
  const row = (): unknown => board.rows(START, { strategies: () => [], positions: () => [] })[0];
  expect(row()).toMatchObject({ day_open: 80, day_high: 120, day_low: 70, volume: 1_005, change: 10 });
  told(board, candle(1, { version: 20, close: 99, volume: 7 }), 65);
  expect(row()).toMatchObject({ day_high: 120, volume: 1_012, change: 9 });
  board.days([yesterday, { ...day, volume: 1_012 }]);
  expect(row()).toMatchObject({ volume: 1_012 });
});
