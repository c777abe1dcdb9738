import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Candle } from '@tickwright/trading';
import { builtInStrategies } from './registry.ts';
import { candle, contextOf, made, votes } from './strategy-fixture.ts';
import { checkParameters } from './check-parameters.ts';

const PARAMETERS: Record<string, Record<string, unknown>> = {
  moving_average_cross: { fast: 2, slow: 4 },
  rsi_reversal: { length: 3, oversold: 40, overbought: 60 },
  opening_range_breakout: { minutes: 5 },
  vwap_reversion: { minCandles: 3, deviations: 1 },
  pixityAI_meta: { threshold: 0.3, standing: 3 },
};

const steps = fc.array(fc.integer({ min: -8, max: 8 }), { minLength: 20, maxLength: 60, size: 'max' });

/** Its price comes back to the VWAP itself: a sum of which a part was replaced differed from it in the last bit. */
const BACK_AT_VWAP = [-5, -4, 5, 2, -1, 3, -1, 0, 6, 7, -4, -8, ...Array.from({ length: 19 }, () => 0)];

function walk(list: readonly number[]): Candle[] {
  let price = 100;
  return list.map((step, n) => {
    const open = price;
    price += step / 4;
    return candle(n, [open, Math.max(open, price) + 0.25, Math.min(open, price) - 0.25, price]);
  });
}

/** What a candle looks like while it forms: at its open, and once at another price. */
function formingOf(each: Candle): Candle[] {
  const begin = {
    ...each,
    high: each.open,
    low: each.open,
    close: each.open,
    volume: 7,
    state: 'forming',
  } as const;
  return [begin, { ...begin, high: each.high, close: each.high, volume: 40 }];
}

test.each(builtInStrategies.map((definition) => definition.name))(
  '%s votes the same whether it saw its candles form or not',
  (name) => {
    const definition = builtInStrategies.find((each) => each.name === name);
    if (definition === undefined) throw new Error(name);
    let voted = 0;
    fc.assert(
      fc.property(steps, (list) => {
        const candles = walk(list);
        const plain = votes(made(definition, PARAMETERS[name] ?? {}), candles);
        const strategy = made(definition, PARAMETERS[name] ?? {});
        const formed = candles.map((each) => {
          expect(votes(strategy, formingOf(each))).toEqual(['-', '-']);
          return votes(strategy, [each])[0];
        });
        expect(formed).toEqual(plain);
        voted += plain.filter((vote) => vote !== '-').length;
      }),
      { numRuns: 40, examples: [[BACK_AT_VWAP]] },
    );
    expect(voted).toBeGreaterThan(20);
  },
);

test.each(['moving_average_cross', 'rsi_reversal'])(
  '%s made anew from as many candles as it asks for goes on as if it had seen all',
  (name) => {
    const definition = builtInStrategies.find((each) => each.name === name);
    if (definition === undefined) throw new Error(name);
    const given = PARAMETERS[name] ?? {};
    const memory = definition.memory?.(checkParameters(definition, given), contextOf()) ?? 0;
    const candles = walk(Array.from({ length: 370 }, (_, n) => Math.round(8 * Math.sin(n * n))));
    const seenAll = votes(made(definition, given), candles);
    const anew = votes(made(definition, given), candles.slice(200 - memory));
    expect(anew.slice(memory)).toEqual(seenAll.slice(200));
    expect(seenAll.slice(200).filter((vote) => vote !== '-').length).toBeGreaterThan(5);
  },
);
