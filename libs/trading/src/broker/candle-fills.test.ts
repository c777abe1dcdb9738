import { describe, expect, test } from 'vitest';
import { decimal } from '../decimal.ts';
import { ALPHA, EngineRig, configOf, minute, rulesOf } from '../testing/engine-rig.ts';
import type { EngineConfig } from '../contract/engine-config.ts';

/** A rig whose market stands at 100, at the end of minute 0. */
function rigAt100(change: Partial<EngineConfig> = {}): EngineRig {
  const rig = new EngineRig();
  rig.start(configOf(change));
  rig.candle(minute(0), [100, 100, 100, 100]);
  return rig;
}

const sold = { side: 'sell', quantity: decimal('10') } as const;

describe('on candles, a market order', () => {
  test('is filled at the next candle’s open, and not by the one it was decided in', () => {
    const rig = rigAt100();
    const order = rig.order();
    expect(order).toMatchObject({ state: 'working', code: 'accepted', activeMicros: minute(1) });
    const output = rig.candle(minute(1), [101, 105, 95, 102]);
    expect(output.fills).toMatchObject([
      {
        orderId: order.id,
        price: '101',
        quantity: '10',
        rule: 'open',
        liquidity: 'taker',
        marketMicros: minute(1),
      },
    ]);
    expect(output.orders.map((change) => change.order.state)).toEqual(['filled']);
  });

  test('decided in the middle of a candle waits for the open of the next', () => {
    const rig = rigAt100();
    rig.at(minute(1) + 30_000_000).order();
    expect(rig.candle(minute(1), [101, 105, 95, 102]).fills).toEqual([]);
    expect(rig.candle(minute(2), [103, 105, 95, 102]).fills).toMatchObject([{ price: '103' }]);
  });

  test('pays the slippage, rounded away from it to the next tick', () => {
    const fills = { ...configOf().fills, slippageBps: decimal('2') };
    const rig = rigAt100({ fills });
    rig.order();
    rig.order(sold);
    const [bought, short] = rig.candle(minute(1), [101, 101, 101, 101]).fills;
    expect(bought).toMatchObject({ price: '101.05', slippage: '0.05' }); // 101.0202, up
    expect(short).toMatchObject({ price: '100.95', slippage: '0.05' }); // 100.9798, down
  });

  test('is not filled outside the price bands', () => {
    const fills = { ...configOf().fills, slippageBps: decimal('100') };
    const bands = { lowerBand: decimal('95'), upperBand: decimal('101.5') };
    const rig = rigAt100({ fills, instruments: [rulesOf(ALPHA, bands)] });
    rig.order();
    expect(rig.candle(minute(1), [101, 101, 101, 101]).fills).toMatchObject([{ price: '101.5' }]);
  });

  test('arrives a latency later: by the candle that ends after it', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, latencyMs: 90_000 } });
    rig.order();
    expect(rig.candle(minute(1), [101, 101, 101, 101]).fills).toEqual([]);
    expect(rig.candle(minute(2), [102, 102, 102, 102]).fills).toMatchObject([{ price: '102' }]);
  });
});

describe('on candles, a limit order', () => {
  const limit99 = { type: 'limit', limitPrice: decimal('99') } as const;

  test('that the open satisfies is filled at the open, as a taker', () => {
    const rig = rigAt100();
    rig.order({ type: 'limit', limitPrice: decimal('102') });
    expect(rig.candle(minute(1), [101, 103, 100, 102]).fills).toMatchObject([
      { price: '101', liquidity: 'taker', rule: 'open' },
    ]);
  });

  test('never pays more than its limit, whatever the slippage', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, slippageBps: decimal('200') } });
    rig.order({ type: 'limit', limitPrice: decimal('102') });
    expect(rig.candle(minute(1), [101, 101, 101, 101]).fills).toMatchObject([{ price: '102' }]);
  });

  test('is not filled by a touch: the queue before it may be longer', () => {
    const rig = rigAt100();
    const { id } = rig.order(limit99);
    expect(rig.candle(minute(1), [100, 101, 99, 100]).fills).toEqual([]);
    expect(rig.engine.explain(id)?.waitingFor).toBe('limit 99 was not crossed: lowest 99 in 1 candle');
  });

  test('is filled at its price when the market trades through it, as a maker', () => {
    const rig = rigAt100();
    rig.order(limit99);
    expect(rig.candle(minute(1), [100, 101, 98.95, 100]).fills).toMatchObject([
      { price: '99', liquidity: 'maker', rule: 'limit', marketMicros: minute(2), slippage: '0' },
    ]);
  });

  test('that rested is filled at its price, not better, when the market gaps over it', () => {
    const rig = rigAt100();
    rig.order(limit99);
    rig.candle(minute(1), [100, 101, 99.5, 100]);
    expect(rig.candle(minute(2), [97, 98, 96, 97]).fills).toMatchObject([
      { price: '99', liquidity: 'maker' },
    ]);
  });

  test('to sell mirrors one to buy', () => {
    const rig = rigAt100();
    rig.order({ ...sold, type: 'limit', limitPrice: decimal('101') });
    expect(rig.candle(minute(1), [100, 101, 99, 100]).fills).toEqual([]);
    expect(rig.candle(minute(2), [100, 101.05, 99, 100]).fills).toMatchObject([
      { price: '101', side: 'sell' },
    ]);
  });
});

describe('on candles, a stop order', () => {
  const stop98 = { ...sold, type: 'stop', stopPrice: decimal('98') } as const;

  test('is triggered by a touch and filled at its price with slippage', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, slippageBps: decimal('10') } });
    rig.order(stop98);
    const output = rig.candle(minute(1), [100, 100, 98, 99]);
    expect(output.fills).toMatchObject([{ price: '97.9', rule: 'stop', liquidity: 'taker' }]); // 97.902, down
    expect(output.orders.map((change) => change.order.code)).toEqual(['triggered', 'filled']);
  });

  test('that the market gaps over is filled at the open, which is worse', () => {
    const rig = rigAt100();
    rig.order(stop98);
    expect(rig.candle(minute(1), [95, 99, 94, 98]).fills).toMatchObject([{ price: '95', rule: 'stop' }]);
  });

  test('waits while its price is not touched, and says so', () => {
    const rig = rigAt100();
    const { id } = rig.order(stop98);
    rig.candle(minute(1), [100, 100, 98.5, 99]);
    rig.candle(minute(2), [100, 100, 98.2, 99]);
    expect(rig.engine.explain(id)?.waitingFor).toBe('stop 98 was not touched: lowest 98.2 in 2 candles');
  });

  test('with a limit is triggered inside a candle and rests from the next one on', () => {
    const rig = rigAt100();
    const { id } = rig.order({ ...stop98, type: 'stop-limit', limitPrice: decimal('97.5') });
    expect(rig.candle(minute(1), [100, 100, 97, 97]).fills).toEqual([]);
    expect(rig.orderNow(id)).toMatchObject({ isTriggered: true, code: 'triggered' });
    expect(rig.candle(minute(2), [97, 97.5, 96, 97]).fills).toEqual([]);
    expect(rig.engine.explain(id)?.waitingFor).toMatch(/^triggered, limit 97.5 was not crossed: highest/);
    expect(rig.candle(minute(3), [97, 97.55, 96, 97]).fills).toMatchObject([
      { price: '97.5', liquidity: 'maker' },
    ]);
  });

  test('with a limit that the opening gap triggers and satisfies is filled at the open', () => {
    const rig = rigAt100();
    rig.order({ ...stop98, type: 'stop-limit', limitPrice: decimal('97.5') });
    expect(rig.candle(minute(1), [97.8, 98, 97, 97]).fills).toMatchObject([{ price: '97.8', rule: 'stop' }]);
  });

  test('with a limit that the opening gap leaps over can be filled when the candle comes back', () => {
    const rig = rigAt100();
    rig.order({ ...stop98, type: 'stop-limit', limitPrice: decimal('97.5') });
    expect(rig.candle(minute(1), [96, 98, 95, 97]).fills).toMatchObject([{ price: '97.5', rule: 'limit' }]);
  });
});

describe('inside one candle the worse is taken to come first', () => {
  /** Holds 10 bought at 100 (or sold), with a stop and a target around it. */
  function bracketed(side: 'buy' | 'sell'): EngineRig {
    const rig = rigAt100();
    rig.order({ side });
    rig.candle(minute(1), [100, 100, 100, 100]);
    const close = { side: side === 'buy' ? 'sell' : 'buy', reduceOnly: true, validity: 'gtc' } as const;
    rig.order({ ...close, type: 'limit', limitPrice: decimal(side === 'buy' ? '103' : '97') });
    rig.order({ ...close, type: 'stop', stopPrice: decimal(side === 'buy' ? '98' : '102') });
    return rig;
  }

  test('a long position’s stop is filled before its target, and the target is cancelled', () => {
    const rig = bracketed('buy');
    const output = rig.candle(minute(2), [100, 104, 97, 103]);
    expect(output.fills).toMatchObject([{ price: '98', rule: 'stop' }]);
    expect(output.orders.at(-1)?.order).toMatchObject({ state: 'cancelled', code: 'position-closed' });
    expect(output.closedTrades).toMatchObject([{ direction: 'long', grossPnl: '-20' }]);
  });

  test('a short position’s stop above is filled before its target below', () => {
    const rig = bracketed('sell');
    const output = rig.candle(minute(2), [100, 103, 96, 97]);
    expect(output.fills).toMatchObject([{ price: '102', rule: 'stop' }]);
    expect(output.closedTrades).toMatchObject([{ direction: 'short', grossPnl: '-20' }]);
  });

  test('the target is filled where the candle does not reach the stop', () => {
    const output = bracketed('buy').candle(minute(2), [100, 104, 98.05, 103]);
    expect(output.fills).toMatchObject([{ price: '103', rule: 'limit' }]);
  });

  test('of two orders on one side of the open the nearer is met first', () => {
    const rig = rigAt100();
    const far = rig.order({ type: 'limit', limitPrice: decimal('97') });
    const near = rig.order({ type: 'limit', limitPrice: decimal('99') });
    const output = rig.candle(minute(1), [100, 100, 96, 96]);
    expect(output.fills.map((fill) => fill.orderId)).toEqual([near.id, far.id]);
  });
});

describe('a share of the volume', () => {
  test('fills an order in parts, over as many candles as it takes', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, participation: decimal('0.1') } });
    const { id } = rig.order({ quantity: decimal('25') });
    expect(rig.candle(minute(1), [101, 101, 101, 101, 100]).fills).toMatchObject([{ quantity: '10' }]);
    expect(rig.orderNow(id)).toMatchObject({ state: 'working', code: 'partly-filled', filledQuantity: '10' });
    expect(rig.engine.explain(id)?.waitingFor).toBe('our share of the volume 100 filled a part');
    rig.candle(minute(2), [102, 102, 102, 102, 100]);
    const output = rig.candle(minute(3), [103, 103, 103, 103, 100]);
    expect(output.fills).toMatchObject([{ quantity: '5', price: '103' }]);
    // (10 x 101 + 10 x 102 + 5 x 103) / 25
    expect(rig.orderNow(id)).toMatchObject({ state: 'filled', averagePrice: '101.8', filledQuantity: '25' });
  });

  test('is one for all orders of the instrument', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, participation: decimal('0.1') } });
    rig.order();
    rig.order();
    const output = rig.candle(minute(1), [101, 101, 101, 101, 150]);
    expect(output.fills.map((fill) => fill.quantity)).toEqual(['10', '5']);
  });

  test('that is less than a lot is kept for the next candle while an order goes without', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, participation: decimal('0.1') } });
    rig.order({ quantity: decimal('1') });
    expect(rig.candle(minute(1), [101, 101, 101, 101, 6]).fills).toEqual([]); // 0.6 of a lot
    expect(rig.candle(minute(2), [102, 102, 102, 102, 4]).fills).toMatchObject([{ price: '102' }]);
  });

  test('of a candle without volume is nothing', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, participation: decimal('0.1') } });
    const { id } = rig.order();
    expect(rig.candle(minute(1), [101, 101, 101, 101, 0]).fills).toEqual([]);
    expect(rig.engine.explain(id)?.waitingFor).toBe('our share of the volume 0 leaves no lot');
  });
});
