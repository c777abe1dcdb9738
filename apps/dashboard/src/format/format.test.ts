import { expect, test } from 'vitest';
import { decimalTone, sumDecimals } from './decimal-sum.ts';
import {
  bytes,
  compact,
  decimalsOf,
  directionOf,
  money,
  price,
  priceText,
  quantityText,
  signed,
  signedPercent,
} from './numbers.ts';
import { age, dateAndTime, duration, shortAge, timeOfDay, zoneName } from './times.ts';

test('prices keep the decimals their instrument has, never fewer than two', () => {
  expect(price(1402.5, 2)).toBe('1,402.50');
  expect(price(0.00001234, 8)).toBe('0.00001234');
  expect(price(138, 0)).toBe('138.00');
  expect(price(null)).toBe('–');
  expect([decimalsOf(138.875), decimalsOf(138), decimalsOf(1.2e-7)]).toEqual([3, 0, 8]);
});

test('a change says its direction by its sign, and what rounds to zero has none', () => {
  expect([signed(1.2), signed(-1.2), signed(0.001), signedPercent(-0.5)]).toEqual([
    '+1.20',
    '−1.20',
    '0.00',
    '−0.50%',
  ]);
  expect([directionOf(0.001), directionOf(-0.006), directionOf(null)]).toEqual(['flat', 'down', 'flat']);
});

test('sizes are told in three digits', () => {
  expect([compact(0), compact(12.34), compact(1_234), compact(45_600_000), compact(2.5e12)]).toEqual([
    '0',
    '12.3',
    '1.23K',
    '45.6M',
    '2.50T',
  ]);
  expect([bytes(999), bytes(1_500), bytes(79_219_765_248)]).toEqual(['999 B', '1.5 KB', '79.2 GB']);
});

test('money never passes through a float: every digit of a long amount is kept, the rest rounded half up', () => {
  expect(money('12345678901234567.895')).toBe('12,345,678,901,234,567.90');
  expect(money('-0.004')).toBe('0.00');
  expect(money('999.999')).toBe('1,000.00');
  expect(money('-2188.4', { sign: 'always' })).toBe('−2,188.40');
  expect(money('2379.92', { sign: 'always', decimals: 0 })).toBe('+2,380');
  expect(money(null)).toBe('–');
});

test('prices and quantities that are texts keep the digits that matter', () => {
  expect(['1.5239', '139.5', '34.741234567', '62000.123', '0.00001234'].map(priceText)).toEqual([
    '1.5239',
    '139.50',
    '34.7412',
    '62,000.12',
    '0.000012',
  ]);
  expect(
    ['32842.7829', '30513.52942414', '1200', '0.00001', '-65.50'].map((text) => quantityText(text)),
  ).toEqual(['32,842.7829', '30,513.5294', '1,200', '0.00001', '−65.5']);
});

test('sums of decimals are exact', () => {
  expect(sumDecimals(['0.1', '0.2', '-0.3'])).toBe('0');
  expect(sumDecimals(['99999999999999999.99', '0.01'])).toBe('100000000000000000');
  expect(sumDecimals(['-1.5', '0.25'])).toBe('-1.25');
  expect([decimalTone('-0.10'), decimalTone('0.00'), decimalTone('3')]).toEqual(['down', 'flat', 'up']);
});

test('ages are told in at most two units', () => {
  expect([age(400), age(12_300), age(200_000), age(7_500_000), age(273_600_000)]).toEqual([
    '0.4s',
    '12s',
    '3m 20s',
    '2h 05m',
    '3d 4h',
  ]);
  expect([shortAge(200_000), age(null), duration(1_234), duration(4.26)]).toEqual([
    '3m',
    '–',
    '1.23 s',
    '4.3 ms',
  ]);
});

test('times are shown in the zone asked for', () => {
  const ms = Date.UTC(2026, 10, 20, 3, 45, 5);
  expect(timeOfDay(ms, 'Asia/Kolkata')).toBe('09:15:05');
  expect(dateAndTime(ms, 'UTC')).toBe('2026-11-20 03:45:05');
  expect([zoneName(ms, 'Asia/Kolkata'), zoneName(ms, 'UTC')]).toEqual(['IST', 'UTC']);
});
