import { describe, expect, test } from 'vitest';
import { decimal } from '../decimal.ts';
import { ALPHA, configOf, minute, strategyOf } from '../testing/engine-rig.ts';
import type { EngineRig } from '../testing/engine-rig.ts';
import { rigWith } from '../testing/scripted-rig.ts';

const flat = [100, 100, 100, 100] as const;

describe('a signal', () => {
  test('orders at the closing of its candle, and is filled at the next one’s open', () => {
    const { rig } = rigWith({ 0: 'long' });
    const output = rig.candle(minute(0), flat);
    expect(output.signals).toMatchObject([
      {
        id: 's-1',
        strategy: 'scripted@1m',
        direction: 'long',
        candleOpenMicros: minute(0),
        candleCloseMicros: minute(1),
        price: '100',
        outcome: 'ordered',
        orderIds: ['o-1'],
      },
    ]);
    expect(output.consumed).toEqual([
      {
        strategy: 'scripted@1m',
        instrument: ALPHA,
        interval: '1m',
        openMicros: minute(0),
        version: minute(0) / 1000,
      },
    ]);
    expect(rig.candle(minute(1), [101, 101, 101, 101]).fills).toMatchObject([
      { orderId: 'o-1', strategy: 'scripted@1m', quantity: '10', price: '101', marketMicros: minute(1) },
    ]);
  });

  test('the other way closes and opens, each with an order of its own', () => {
    const { rig } = rigWith({ 0: 'long', 1: 'short' });
    rig.candle(minute(0), flat);
    expect(rig.candle(minute(1), flat).signals).toMatchObject([{ orderIds: ['o-2', 'o-3'] }]);
    const output = rig.candle(minute(2), [102, 102, 102, 102]);
    expect(output.closedTrades).toMatchObject([{ direction: 'long', grossPnl: '20', netPnl: '20' }]);
    expect(output.positions).toMatchObject([{ quantity: '-10', averagePrice: '102' }]);
  });

  test('where it already is, or is on its way to, orders nothing and says so', () => {
    const { rig } = rigWith({ 0: 'long', 1: 'long', 2: 'long' });
    rig.candle(minute(0), flat);
    expect(rig.candle(minute(1), flat, { isComplete: true }).signals).toMatchObject([
      { outcome: 'none', note: 'already long 10', orderIds: [] },
    ]);
    expect(rig.candle(minute(2), flat).orders).toEqual([]);
  });

  test('short closes only, where shorting is not allowed', () => {
    const orders = { ...strategyOf({ use: 'scripted' }).orders, allowShort: false };
    const { rig } = rigWith({ 0: 'long', 1: 'short', 3: 'short' }, { strategy: { orders } });
    for (const n of [0, 1, 2]) rig.candle(minute(n), flat);
    expect(rig.engine.positions()).toMatchObject([{ quantity: '0' }]);
    expect(rig.candle(minute(3), flat).signals).toMatchObject([{ outcome: 'none', note: 'already flat' }]);
  });

  test('whose order is rejected carries the reason', () => {
    const { rig } = rigWith(
      { 0: 'long' },
      { config: { account: { ...configOf().account, cash: decimal('500') } } },
    );
    const [signal] = rig.candle(minute(0), flat).signals;
    expect(signal).toMatchObject({ outcome: 'none', orderIds: ['o-1'] });
    expect(signal?.note).toMatch(/^o-1 was rejected: 1000.00 would be needed/);
  });

  test('below the least confidence is stored and orders nothing', () => {
    const orders = { ...strategyOf({ use: 'scripted' }).orders, minConfidence: 1.1 };
    const { rig } = rigWith({ 0: 'long' }, { strategy: { orders } });
    expect(rig.candle(minute(0), flat).signals).toMatchObject([
      { outcome: 'none', note: 'confidence 1 is below 1.1' },
    ]);
  });

  test.each([
    [{ kind: 'value', value: decimal('1055') }, '10'], // 10.55 shares
    [{ kind: 'equity', share: decimal('0.1') }, '100'],
  ] as const)('is sized by %o', (sizing, quantity) => {
    const orders = { ...strategyOf({ use: 'scripted' }).orders, sizing };
    const { rig } = rigWith({ 0: 'long' }, { strategy: { orders } });
    expect(rig.candle(minute(0), flat).orders[0]?.order.quantity).toBe(quantity);
  });
});

describe('a vote counts only', () => {
  const noSignal = (output: ReturnType<EngineRig['candle']>, code: string) => {
    expect(output.signals).toEqual([]);
    expect(output.orders).toEqual([]);
    expect(output.suppressed).toMatchObject([{ code, direction: 'long' }]);
  };

  test('when the strategy is warm', () => {
    const { rig } = rigWith({ 0: 'long', 1: 'long', 2: 'long' }, { warmUp: 3 });
    noSignal(rig.candle(minute(0), flat), 'warming');
    expect(rig.engine.strategies()).toMatchObject([{ status: 'warming', reason: '1 of 3 candles' }]);
    noSignal(rig.candle(minute(1), flat), 'warming');
    const output = rig.candle(minute(2), flat);
    expect(output.signals).toHaveLength(1);
    expect(output.strategies).toMatchObject([{ status: 'running' }]);
  });

  test('at a complete candle, unless it is allowed', () => {
    const { rig } = rigWith({ 0: 'long' });
    noSignal(rig.candle(minute(0), flat, { isComplete: false }), 'incomplete');
    const allowed = rigWith({ 0: 'long' }, { strategy: { signalOnIncomplete: true } });
    expect(allowed.rig.candle(minute(0), flat, { isComplete: false }).signals).toHaveLength(1);
  });

  test('on fresh data without an open gap, and the strategy is told of both', () => {
    const { rig, seen } = rigWith({ 0: 'long', 1: 'long', 2: 'long' });
    rig.feed({ type: 'data', instrument: null, change: { kind: 'stale', reason: 'no files' } });
    noSignal(rig.candle(minute(0), flat), 'stale');
    rig.feed({ type: 'data', instrument: null, change: { kind: 'fresh', reason: 'files again' } });
    const gap = { gapId: 'g', fromMicros: minute(0), cause: 'disconnect' } as const;
    rig.feed({ type: 'data', instrument: ALPHA, change: { kind: 'gap-opened', ...gap } });
    noSignal(rig.candle(minute(1), flat), 'gap');
    const closed = { kind: 'gap-closed', gapId: 'g', toMicros: minute(1), state: 'filled' } as const;
    rig.feed({ type: 'data', instrument: ALPHA, change: closed });
    expect(rig.candle(minute(2), flat).signals).toHaveLength(1);
    expect(seen.filter((line) => line.startsWith('data'))).toEqual([
      'data stale stale=true gaps=0',
      'data fresh stale=false gaps=0',
      'data gap-opened stale=false gaps=1',
      'data gap-closed stale=false gaps=0',
    ]);
  });

  test('soon after the candle’s closing', () => {
    const { rig } = rigWith({ 0: 'long' });
    rig.at(minute(1) + 61_000_000);
    noSignal(rig.candle(minute(0), flat), 'late');
  });

  test('while the strategy is enabled, which a restart does not change', () => {
    const { rig, config } = rigWith({ 0: 'long', 1: 'long', 2: 'long' });
    rig.command({ kind: 'disable-strategy', strategy: 'scripted@1m', reason: 'lunch' });
    noSignal(rig.candle(minute(0), flat), 'disabled');
    rig.crash();
    rig.start(config);
    expect(rig.engine.strategies()).toMatchObject([{ status: 'disabled', reason: 'lunch' }]);
    noSignal(rig.candle(minute(1), flat), 'disabled');
    rig.command({ kind: 'enable-strategy', strategy: 'scripted@1m' });
    expect(rig.candle(minute(2), flat).signals).toHaveLength(1);
  });
});
