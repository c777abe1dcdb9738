import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { requireDefinition } from './registry.ts';
import { candle, made, votes } from './strategy-fixture.ts';
import { strategy } from './three-rising-fixture.ts';

test('the example in the README is this compiled file, and it works', () => {
  const source = readFileSync(new URL('three-rising-fixture.ts', import.meta.url), 'utf8');
  const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
  expect(readme).toContain(source);
  const candles = [10, 11, 12, 13, 14, 13].map((price, n) => candle(n, price));
  expect(votes(made(requireDefinition(strategy, 'README.md'), {}), candles)).toEqual([
    '-',
    '-',
    '-',
    'long 0.600',
    '-',
    'flat 1.000',
  ]);
});
