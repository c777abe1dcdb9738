import { expect, test } from 'vitest';
import { fillFlat } from './flat-candles.ts';
import type { FillFlatOptions } from './flat-candles.ts';
import { calendars } from '../session/session-calendar.ts';
import type { CandleRow } from '../candle/candle-fixture.ts';
import { MINUTE, START, candleRows, columnsOf, threeInstruments } from '../candle/candle-fixture.ts';

const instruments = threeInstruments();
const [ETH, BTC, NSE] = [0, 1, 2];
const OPEN = START + 5 * MINUTE;
const SESSION = 375 * MINUTE;
const DAY = 1440 * MINUTE;

function candle(openTime: number, row: Partial<CandleRow> = {}): CandleRow {
  const prices = { open: 10, high: 12, low: 9, close: 11, volume: 0.5, tradeCount: 2 };
  const state = { isClosed: 1, isComplete: 1, revision: 3, version: 5, source: 1 };
  return { instrument: BTC, openTime, ...prices, ...state, ...row };
}

function fill(rows: CandleRow[], options: Partial<FillFlatOptions> = {}): CandleRow[] {
  const given: FillFlatOptions = {
    interval: '1m',
    instruments,
    calendars,
    toMicros: START + 3 * MINUTE,
    closedBefore: Infinity,
    isComplete: () => true,
    ...options,
  };
  return candleRows(fillFlat(columnsOf(rows), given));
}

const flat = {
  open: 11,
  high: 11,
  low: 11,
  close: 11,
  volume: 0,
  tradeCount: 0,
  revision: 0,
  version: 0,
  source: 0,
};

test('untraded minutes become flat at the close before, and traded ones stay as they are', () => {
  const rows = [candle(START), candle(START + 2 * MINUTE, { close: 20 })];
  expect(fill(rows)).toEqual([rows[0], candle(START + MINUTE, flat), rows[1]]);
});

test("nothing is made up before an instrument's first candle, and each is filled to the end", () => {
  const rows = [candle(START + MINUTE), candle(START + 2 * MINUTE, { instrument: ETH })];
  expect(fill(rows).map(({ instrument, openTime }) => [instrument, (openTime - START) / MINUTE])).toEqual([
    [BTC, 1],
    [BTC, 2],
    [ETH, 2],
  ]);
});

test('only minutes within sessions are filled', () => {
  const rows = [candle(OPEN + SESSION - 2 * MINUTE, { instrument: NSE })];
  const filled = fill(rows, { toMicros: OPEN + DAY + 2 * MINUTE });
  expect(filled.map(({ openTime }) => (openTime - OPEN) / MINUTE)).toEqual([373, 374, 1440, 1441]);
});

test('a longer interval is filled by its own buckets, the short last one too', () => {
  const rows = [candle(OPEN, { instrument: NSE })];
  const filled = fill(rows, { interval: '4h', toMicros: OPEN + DAY });
  expect(filled.map(({ openTime }) => (openTime - OPEN) / MINUTE)).toEqual([0, 240]);
});

test('a minute that has not closed may still trade and is not filled', () => {
  const filled = fill([candle(START)], { closedBefore: START + 3 * MINUTE - 1 });
  expect(filled.map(({ openTime }) => (openTime - START) / MINUTE)).toEqual([0, 1]);
});

test('a flat candle in a gap is not complete: nobody knows that nothing traded', () => {
  const filled = fill([candle(START)], { isComplete: (_, openTime) => openTime !== START + MINUTE });
  expect(filled.map(({ isComplete }) => isComplete)).toEqual([1, 0, 1]);
});

test('a candle outside every session is kept', () => {
  const rows = [candle(OPEN, { instrument: NSE }), candle(OPEN + SESSION + 10 * MINUTE, { instrument: NSE })];
  const filled = fill(rows, { toMicros: OPEN + 2 * MINUTE });
  expect(filled.map(({ openTime }) => (openTime - OPEN) / MINUTE)).toEqual([0, 1, 385]);
});
