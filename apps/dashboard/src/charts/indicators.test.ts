import { expect, test } from 'vitest';
import { bollinger, ema, rsi, sma, vwap } from './indicators.ts';

/** Wilder's own example, as spreadsheets of the index use it. */
const CLOSES = [
  44.34, 44.09, 44.15, 43.61, 44.33, 44.83, 45.1, 45.42, 45.84, 46.08, 45.89, 46.03, 45.61, 46.28, 46.28,
  46.0, 46.03,
];

test('the index of relative strength gives the values of the published example', () => {
  const line = rsi(CLOSES, 14);
  expect(line.slice(0, 14).every(Number.isNaN)).toBe(true);
  expect(line[14]).toBeCloseTo(70.46, 1);
  expect(line[15]).toBeCloseTo(66.25, 1);
  expect(line[16]).toBeCloseTo(66.48, 1);
  expect(rsi([5, 5, 5, 5], 2)[3]).toBe(50);
});

test('averages begin when they have enough values', () => {
  expect(sma([1, 2, 3, 4], 3)).toEqual([NaN, NaN, 2, 3]);
  expect(ema([1, 2, 3, 5], 3)).toEqual([NaN, NaN, 2, 3.5]);
  const { upper, lower } = bollinger([1, 3, 1, 3], 2);
  expect([upper[3], lower[3]]).toEqual([4, 0]);
});

test('the volume-weighted price begins anew with a session', () => {
  const bars = {
    high: [12, 22, 33],
    low: [8, 18, 27],
    close: [10, 20, 30],
    volume: [1, 3, 5],
    isSessionStart: [true, false, true],
  };
  expect(vwap(bars)).toEqual([10, 17.5, 30]);
});
