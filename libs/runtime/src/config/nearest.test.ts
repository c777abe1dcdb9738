import fc from 'fast-check';
import { expect, test } from 'vitest';
import { editDistance, nearest } from './nearest.ts';

test.each([
  ['prot', 'port'],
  ['PORT', 'port'],
  ['flushIntervallMs', 'flushIntervalMs'],
  ['flush_interval_ms', 'flushIntervalMs'],
  ['hots', 'host'],
])('%s was probably meant as %s', (name, meant) => {
  expect(nearest(name, ['host', 'port', 'flushIntervalMs', 'aggregateIntervalMs'])).toBe(meant);
});

test('a name that is nothing like the others was meant as none of them', () => {
  expect(nearest('colour', ['host', 'port'])).toBeUndefined();
  expect(nearest('xy', ['ab'])).toBeUndefined();
  expect(nearest('port', [])).toBeUndefined();
  expect(nearest('p'.repeat(10_000), ['port'])).toBeUndefined();
});

test('the distance is that of Levenshtein', () => {
  expect(editDistance({ from: 'kitten', to: 'sitting' })).toBe(3);
  expect(editDistance({ from: '', to: 'abc' })).toBe(3);
  fc.assert(
    fc.property(
      fc.string({ maxLength: 8 }),
      fc.string({ maxLength: 8 }),
      fc.string({ maxLength: 8 }),
      (a, b, c) => {
        const distance = (from: string, to: string) => editDistance({ from, to });
        expect(distance(a, b)).toBe(distance(b, a));
        expect(distance(a, b) === 0).toBe(a === b);
        expect(distance(a, c)).toBeLessThanOrEqual(distance(a, b) + distance(b, c));
      },
    ),
  );
});
