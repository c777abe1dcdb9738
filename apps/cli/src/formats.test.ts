import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { counted, csv, decimal, duration, isoTime, jsonRows, readableTime, table } from './formats.ts';

describe('times', () => {
  test('have milliseconds, and microseconds only where there are any', () => {
    const micros = Date.parse('2026-11-20T09:15:00.250Z') * 1_000;
    expect(isoTime(micros)).toBe('2026-11-20T09:15:00.250Z');
    expect(isoTime(micros + 7)).toBe('2026-11-20T09:15:00.250007Z');
    expect(readableTime(micros - 250_000)).toBe('2026-11-20 09:15:00Z');
  });

  test.each([
    [0, '0 ms'],
    [999, '999 ms'],
    [1_000, '1.0 s'],
    [9_949, '9.9 s'],
    [9_950, '10 s'],
    [119_000, '119 s'],
    [120_000, '2 min'],
    [7_200_000, '2 h'],
    [172_800_000, '2 d'],
  ])('a duration of %d ms reads %s', (ms, text) => {
    expect(duration(ms)).toBe(text);
  });
});

describe('numbers', () => {
  test('are never written in powers of ten', () => {
    expect(decimal(0.00000812)).toBe('0.00000812');
    expect(decimal(1e-7)).toBe('0.0000001');
    expect(decimal(1.5e-8)).toBe('0.000000015');
    expect(decimal(60_000.1)).toBe('60000.1');
    expect(decimal(-2.5e-7)).toBe('-0.00000025');
  });

  test('are read back as the very same number', () => {
    const venueNumber = fc.tuple(fc.integer({ min: -1e9, max: 1e9 }), fc.integer({ min: 0, max: 12 }));
    fc.assert(
      fc.property(venueNumber, ([digits, decimals]) => {
        const value = Number(`${digits}e-${decimals}`);
        expect(Number(decimal(value))).toBe(value);
        expect(decimal(value)).not.toContain('e');
      }),
    );
  });

  test('are counted with the noun they count', () => {
    expect(counted(1, 'tick')).toBe('1 tick');
    expect(counted(1_234, 'tick')).toBe('1,234 ticks');
    expect(counted(0, 'tick')).toBe('0 ticks');
  });
});

describe('rows', () => {
  test('a table aligns words to the left and numbers to the right', () => {
    const rows = [
      ['a', 1],
      ['bcd', 0.0000001],
    ];
    expect(table(['name', 'n'], rows)).toBe('name          n\na             1\nbcd   0.0000001\n');
  });

  test('a table holds more rows than a call takes arguments', () => {
    const rows = Array.from({ length: 200_000 }, (_, row) => [row]);
    expect(table(['n'], rows).length).toBeGreaterThan(1_000_000);
  });

  test('values with commas, quotes and line ends stay one value of comma-separated values', () => {
    expect(
      csv(
        ['a', 'b'],
        [
          ['x,y', 'say "no"'],
          ['two\nlines', null],
        ],
      ),
    ).toBe('a,b\n"x,y","say ""no"""\n"two\nlines",\n');
    expect(csv(['p'], [[1e-7], [true]])).toBe('p\n0.0000001\ntrue\n');
  });

  test('JSON is an array also when there is nothing in it', () => {
    expect(JSON.parse(jsonRows([]))).toEqual([]);
    expect(JSON.parse(jsonRows([{ a: 1 }, { a: 2 }]))).toEqual([{ a: 1 }, { a: 2 }]);
  });
});
