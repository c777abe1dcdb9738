import fc from 'fast-check';
import { expect, test } from 'vitest';
import { scanTime, timeMicros } from './rfc3339.ts';

const numbers = new Float64Array(1);

function scanned(text: string): number {
  const bytes = Buffer.from(`"${text}"`);
  return scanTime(bytes, 0, numbers, 0) === bytes.length ? numbers[0] : -1;
}

test('a time is read to the microsecond, by the scanner and by the plain way alike', () => {
  const times = fc.date({
    min: new Date('1970-01-01T00:00:00Z'),
    max: new Date('9999-12-31T23:59:59Z'),
    noInvalidDate: true,
  });
  fc.assert(
    fc.property(times, fc.stringMatching(/^[0-9]{0,9}$/), (date, fraction) => {
      const seconds = date.toISOString().slice(0, 19);
      const text = `${seconds}${fraction === '' ? '' : `.${fraction}`}Z`;
      const micros = Date.parse(`${seconds}Z`) * 1000 + Number(fraction.slice(0, 6).padEnd(6, '0'));
      expect(scanned(text)).toBe(micros);
      expect(timeMicros(text)).toBe(micros);
    }),
  );
});

test('what is finer than a microsecond is cut off and never moves a time into the next minute', () => {
  expect(timeMicros('2025-07-23T04:41:59.999999999Z')).toBe(Date.parse('2025-07-23T04:42:00Z') * 1000 - 1);
  expect(scanned('2025-07-23T04:41:59.999999999Z')).toBe(Date.parse('2025-07-23T04:42:00Z') * 1000 - 1);
});

test('another offset is left to the plain way, which obeys it', () => {
  expect(scanned('2025-07-23T10:11:46.5+05:30')).toBe(-1);
  expect(timeMicros('2025-07-23T10:11:46.5+05:30')).toBe(Date.parse('2025-07-23T04:41:46.5Z') * 1000);
});

test.each([
  '2025-02-29T00:00:00Z',
  '2025-00-10T00:00:00Z',
  '2025-13-10T00:00:00Z',
  '2025-04-31T00:00:00Z',
  '2025-04-10T24:00:00Z',
  '2025-04-10T23:60:00Z',
  '2025-04-10T23:59:60Z',
  '2025-04-10T23:59:59.Z',
  '2025-04-10T23:59:59.1234567890Z',
  '2025-04-10 23:59:59Z',
  '2025-04-10T23:59:59',
  '1969-12-31T23:59:59Z',
  '2025-4-10T23:59:59Z',
  'yesterday',
  '',
])('"%s" is no time', (text) => {
  expect(scanned(text)).toBe(-1);
  expect(timeMicros(text)).toBe(-1);
});

test('a time that is cut short anywhere is none', () => {
  const text = '"2025-07-23T04:41:46.919844Z"';
  for (let length = 0; length < text.length; length++) {
    expect(scanTime(Buffer.from(text.slice(0, length)), 0, numbers, 0)).toBe(-1);
  }
});
