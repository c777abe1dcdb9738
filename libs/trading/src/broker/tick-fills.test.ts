import { expect, test } from 'vitest';
import type { FillModel } from '../contract/fill-model.ts';
import { decimal } from '../decimal.ts';
import { ALPHA, EngineRig, configOf, minute } from '../testing/engine-rig.ts';

function rigAt100(change: Partial<FillModel> = {}): EngineRig {
  const rig = new EngineRig();
  rig.start(configOf({ fills: { ...configOf().fills, on: 'ticks', ...change } }));
  rig.candle(minute(0), [100, 100, 100, 100]);
  return rig;
}

const SECOND = 1_000_000;

test('on ticks, a market order is filled by the first trade after its latency', () => {
  const rig = rigAt100({ latencyMs: 1_500 });
  rig.order();
  expect(rig.tick(minute(1) + SECOND, 101).fills).toEqual([]);
  expect(rig.tick(minute(1) + 2 * SECOND, 102).fills).toMatchObject([
    { price: '102', liquidity: 'taker', marketMicros: minute(1) + 2 * SECOND },
  ]);
});

test('on ticks, candles fill nothing', () => {
  const rig = rigAt100();
  rig.order();
  expect(rig.candle(minute(1), [101, 105, 95, 102]).fills).toEqual([]);
});

test('on ticks, a limit order is a taker at once, a maker when trades go through it later, and not filled by a touch', () => {
  const rig = rigAt100();
  rig.order({ type: 'limit', limitPrice: decimal('102') });
  expect(rig.tick(minute(1), 101).fills).toMatchObject([{ price: '101', liquidity: 'taker' }]);
  rig.order({ type: 'limit', limitPrice: decimal('99') });
  rig.tick(minute(1) + SECOND, 100);
  expect(rig.tick(minute(1) + 2 * SECOND, 99).fills).toEqual([]);
  expect(rig.tick(minute(1) + 3 * SECOND, 98.5).fills).toMatchObject([{ price: '99', liquidity: 'maker' }]);
});

test('on ticks, a stop order is filled at the price of the trade that touches it', () => {
  const rig = rigAt100();
  rig.order({ side: 'sell', type: 'stop', stopPrice: decimal('98') });
  expect(rig.tick(minute(1), 98.05).fills).toEqual([]);
  expect(rig.tick(minute(1) + SECOND, 97).fills).toMatchObject([{ price: '97', rule: 'stop' }]);
});

test('on ticks, our share of many small trades adds up to whole lots', () => {
  const rig = rigAt100({ participation: decimal('0.25') });
  rig.order({ quantity: decimal('2') });
  const filled = [1, 2, 3, 4, 5, 6, 7, 8].map((n) => rig.tick(minute(1) + n * SECOND, 100, 1).fills.length);
  expect(filled).toEqual([0, 0, 0, 1, 0, 0, 0, 1]);
});

test('on ticks, an immediate order takes its share of one trade', () => {
  const rig = rigAt100({ participation: decimal('0.5') });
  const { id } = rig.order({ validity: 'ioc' });
  rig.tick(minute(1), 100, 8);
  expect(rig.orderNow(id)).toMatchObject({ state: 'cancelled', code: 'ioc-rest', filledQuantity: '4' });
});

test('ticks are wanted only while an order works, and one that is not changes nothing but its number', () => {
  const rig = rigAt100();
  expect(rig.engine.needs(ALPHA).ticks).toBe(false);
  const before = rig.engine.account();
  const output = rig.tick(minute(1), 50);
  expect(rig.engine.account()).toEqual(before);
  expect(output.state.map((row) => row.key)).toEqual(['progress']);
  rig.order();
  expect(rig.engine.needs(ALPHA).ticks).toBe(true);
});
