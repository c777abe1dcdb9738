import { describe, expect, test } from 'vitest';
import type { EngineConfig } from '../contract/engine-config.ts';
import type { RiskLimits } from '../contract/risk-limits.ts';
import { decimal } from '../decimal.ts';
import { ALPHA, BETA, EngineRig, configOf, minute, rulesOf, strategyOf } from '../testing/engine-rig.ts';
import { scriptedStrategy } from '../testing/scripted-strategy.ts';

function rigAt100(change: Partial<EngineConfig> = {}): EngineRig {
  const rig = new EngineRig([scriptedStrategy()]);
  rig.start(configOf(change));
  for (const instrument of [ALPHA, BETA]) rig.candle(minute(0), [100, 100, 100, 100], { instrument });
  return rig;
}

function limited(limits: Partial<RiskLimits>): EngineRig {
  return rigAt100({ risk: { ...configOf().risk, ...limits } });
}

describe('limits', () => {
  test('refuse an order that is too large by value or by quantity', () => {
    expect(limited({ maxOrderValue: decimal('999') }).order()).toMatchObject({ code: 'order-limit' });
    expect(limited({ maxOrderValue: decimal('1000') }).order().state).toBe('working');
    expect(limited({ maxOrderQuantity: decimal('9') }).order()).toMatchObject({ code: 'order-limit' });
  });

  test('refuse an order that could carry the position too far, working orders counted', () => {
    const rig = limited({ maxPositionValue: decimal('1500') });
    expect(rig.order().state).toBe('working');
    expect(rig.order()).toMatchObject({ code: 'position-limit' });
    expect(rig.order({ quantity: decimal('5') }).state).toBe('working');
    expect(rig.order({ instrument: BETA }).state).toBe('working');
  });

  test('refuse an order that could carry all positions together too far', () => {
    const rig = limited({ maxExposure: decimal('1500') });
    expect(rig.order().state).toBe('working');
    expect(rig.order({ instrument: BETA })).toMatchObject({ code: 'exposure-limit' });
  });

  test('refuse more orders than may work or be placed in a day', () => {
    const working = limited({ maxWorkingOrders: 1 });
    expect([working.order().state, working.order().code]).toEqual(['working', 'order-limit']);
    const daily = limited({ maxOrdersPerDay: 1 });
    daily.order();
    daily.candle(minute(1), [100, 100, 100, 100]);
    expect(daily.order()).toMatchObject({ code: 'order-limit' });
    expect(daily.order({ side: 'sell', reduceOnly: true }).state).toBe('working');
  });

  test('never keep a position from being made smaller', () => {
    const rig = rigAt100();
    rig.order();
    rig.candle(minute(1), [100, 100, 100, 100]);
    rig.start(
      configOf({ risk: { ...configOf().risk, maxOrderValue: decimal('1'), maxExposure: decimal('1') } }),
    );
    expect(rig.order({ side: 'sell' }).state).toBe('working');
    expect(rig.order({ side: 'sell' }).state).toBe('rejected');
  });
});

describe('the day’s loss', () => {
  test('at its limit cancels, closes everything and refuses until the next day', () => {
    const rig = limited({ maxDailyLoss: decimal('100') });
    rig.order({ quantity: decimal('50') });
    rig.candle(minute(1), [100, 100, 100, 100]);
    const resting = rig.order({ type: 'limit', limitPrice: decimal('90'), validity: 'gtc' });
    const output = rig.candle(minute(2), [99, 99, 97.95, 98]); // 50 x 2 lost
    expect(output.notices).toMatchObject([
      { code: 'daily-loss', text: "the day's loss of 100.00 has reached its limit of 100" },
    ]);
    expect(rig.orderNow(resting.id)).toMatchObject({ state: 'cancelled', code: 'daily-loss' });
    expect(output.account).toMatchObject({ killed: true, dayPnl: '-100' });
    expect(rig.order()).toMatchObject({ state: 'rejected', code: 'daily-loss' });
    expect(rig.candle(minute(3), [97, 97, 97, 97]).closedTrades).toMatchObject([{ grossPnl: '-150' }]);
    rig.at(minute(24 * 60));
    expect(rig.order().state).toBe('working');
    expect(rig.engine.account()).toMatchObject({ killed: false, day: '2026-11-19', dayPnl: '0' });
  });
});

describe('the kill switch', () => {
  test('cancels all orders and refuses new ones, but lets positions be closed', () => {
    const rig = rigAt100();
    rig.order();
    rig.candle(minute(1), [100, 100, 100, 100]);
    const resting = rig.order({ type: 'limit', limitPrice: decimal('90') });
    rig.command({ kind: 'kill', reason: 'something smells' });
    expect(rig.orderNow(resting.id)).toMatchObject({ code: 'killed', reason: 'something smells' });
    expect(rig.order()).toMatchObject({ state: 'rejected', code: 'killed' });
    rig.command({ kind: 'flatten', instrument: null, reason: 'out' });
    rig.candle(minute(2), [101, 101, 101, 101]);
    expect(rig.engine.positions()).toMatchObject([{ quantity: '0', realizedPnl: '10' }]);
    rig.command({ kind: 'resume', reason: 'all clear' });
    expect(rig.order().state).toBe('working');
  });

  test('stays on over a restart and over the day’s turn', () => {
    const rig = rigAt100();
    rig.command({ kind: 'kill', reason: 'holiday' });
    rig.crash();
    rig.start(configOf());
    rig.clock(minute(24 * 60));
    expect(rig.engine.account()).toMatchObject({ killed: true, killReason: 'holiday' });
  });

  test('lets strategies signal, and keeps them from ordering', () => {
    const parameters = { votes: { [minute(1)]: 'long' } };
    const rig = rigAt100({ strategies: [strategyOf({ use: 'scripted', parameters })] });
    rig.command({ kind: 'kill', reason: 'no' });
    const [signal] = rig.candle(minute(1), [100, 100, 100, 100]).signals;
    expect(signal).toMatchObject({ outcome: 'none', note: 'o-1 was rejected: no position is opened: no' });
  });
});

describe('square-off', () => {
  /** 15:20 is the 365th minute. */
  const AT = 365;
  const squareOff = { squareOff: '15:20' };

  test('closes positions at the first candle from its time on, and cancels what still works', () => {
    const rig = rigAt100(squareOff);
    rig.order();
    rig.candle(minute(1), [100, 100, 100, 100]);
    const resting = rig.order({ type: 'limit', limitPrice: decimal('90') });
    const output = rig.candle(minute(AT - 1), [103, 103, 103, 103]);
    expect(output.orders.map(({ order }) => [order.origin, order.code])).toEqual([
      ['manual', 'squared-off'],
      ['square-off', 'accepted'],
    ]);
    expect(rig.orderNow(resting.id).state).toBe('cancelled');
    expect(rig.candle(minute(AT), [104, 104, 104, 104]).closedTrades).toMatchObject([
      { exitPrice: '104', grossPnl: '40' },
    ]);
    expect(rig.order()).toMatchObject({ state: 'rejected', code: 'square-off-passed' });
  });

  test('comes with the candle that opens at its time, where none closed just before', () => {
    const rig = rigAt100(squareOff);
    rig.order();
    rig.candle(minute(1), [100, 100, 100, 100]);
    expect(rig.candle(minute(AT), [104, 104, 104, 104]).fills).toMatchObject([
      { price: '104', marketMicros: minute(AT) },
    ]);
  });

  test('comes by the clock where no candle comes, and orders once', () => {
    const rig = rigAt100(squareOff);
    rig.order();
    rig.candle(minute(1), [100, 100, 100, 100]);
    expect(rig.clock(minute(AT) + 119_000_000).orders).toEqual([]);
    expect(rig.clock(minute(AT + 2)).orders).toMatchObject([
      { order: { origin: 'square-off', decidedMicros: minute(AT) } },
    ]);
    expect(rig.clock(minute(AT + 3)).orders).toEqual([]);
  });

  test('is made good when nothing ran at its time', () => {
    const rig = rigAt100(squareOff);
    rig.order();
    rig.candle(minute(1), [100, 100, 100, 100]);
    rig.crash();
    rig.at(minute(20 * 60)).start(configOf(squareOff));
    rig.clock(minute(20 * 60));
    const nextDay = minute(24 * 60);
    expect(rig.candle(nextDay, [95, 95, 95, 95]).fills).toMatchObject([{ price: '95', side: 'sell' }]);
    expect(rig.order().state).toBe('working');
  });
});

test('a halted position is closed when the halt ends', () => {
  const rig = rigAt100({ instruments: [rulesOf(ALPHA), rulesOf(BETA)] });
  rig.order();
  rig.candle(minute(1), [100, 100, 100, 100]);
  rig.feed({ type: 'rules', rules: rulesOf(ALPHA, { isHalted: true, haltReason: 'circuit' }) });
  rig.command({ kind: 'flatten', instrument: ALPHA, reason: 'out' });
  expect(rig.candle(minute(2), [99, 99, 99, 99]).fills).toEqual([]);
  rig.feed({ type: 'rules', rules: rulesOf(ALPHA) });
  expect(rig.candle(minute(3), [98, 98, 98, 98]).fills).toMatchObject([{ price: '98' }]);
});
