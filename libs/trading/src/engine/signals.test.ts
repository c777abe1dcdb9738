import { describe, expect, test } from 'vitest';
import type { EngineConfig, StrategyConfig } from '../contract/engine-config.ts';
import { decimal } from '../decimal.ts';
import { ALPHA, BETA, EngineRig, configOf, minute, rulesOf, strategyOf } from '../testing/engine-rig.ts';
import { scriptedStrategy } from '../testing/scripted-strategy.ts';
import type { Script } from '../testing/scripted-strategy.ts';

type Votes = Script['votes'];

/** A started rig with one scripted strategy that votes at the minutes named. */
function rigWith(
  votes: Record<number, Votes[string]>,
  change: {
    readonly strategy?: Partial<StrategyConfig>;
    readonly config?: Partial<EngineConfig>;
    readonly warmUp?: number;
  } = {},
) {
  const seen: string[] = [];
  const rig = new EngineRig([scriptedStrategy(seen)]);
  const script = Object.fromEntries(Object.entries(votes).map(([n, vote]) => [minute(Number(n)), vote]));
  const parameters = { votes: script, warmUp: change.warmUp ?? 0 };
  const config = configOf({
    strategies: [strategyOf({ use: 'scripted', parameters, ...change.strategy })],
    ...change.config,
  });
  rig.start(config);
  return { rig, seen, config };
}

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

describe('candles', () => {
  test('of history and missed ones reach the strategy and never signal', () => {
    const { rig, seen } = rigWith({ 0: 'long', 1: 'long' });
    const history = rig.candle(minute(0), flat, { phase: 'history' });
    const missed = rig.candle(minute(1), flat, { phase: 'missed' });
    for (const output of [history, missed])
      expect([output.signals, output.suppressed, output.orders]).toEqual([[], [], []]);
    expect(seen.map((line) => line.split(' ')[0])).toEqual(['history', 'missed']);
  });

  test('missed ones fill orders that worked already, history does not', () => {
    const { rig, config } = rigWith({ 1: 'long' });
    rig.candle(minute(0), flat);
    rig.candle(minute(1), flat);
    rig.crash();
    rig.start(config);
    expect(rig.engine.consumedUpTo(ALPHA, '1m')).toBe(minute(1));
    expect(rig.candle(minute(1), flat, { phase: 'history' }).fills).toEqual([]);
    expect(rig.candle(minute(2), [99, 99, 99, 99], { phase: 'missed' }).fills).toMatchObject([
      { price: '99' },
    ]);
    expect(rig.candle(minute(2), [99, 99, 99, 99]).fills).toEqual([]);
  });

  test('consumed before a crash signal no second time, whatever they are called afterwards', () => {
    const { rig, config } = rigWith({ 0: 'long', 1: 'short' });
    rig.candle(minute(0), flat);
    rig.crash();
    rig.start(config);
    const again = rig.candle(minute(0), flat);
    expect([again.signals, again.suppressed, again.consumed]).toEqual([[], [], []]);
    expect(rig.candle(minute(1), flat).signals).toHaveLength(1);
  });

  test('revised never signal, and the strategy is made anew from what is kept', () => {
    const { rig, seen } = rigWith({ 1: 'long', 2: 'long' }, { warmUp: 2 });
    rig.candle(minute(0), flat);
    rig.candle(minute(1), flat);
    seen.length = 0;
    const output = rig.candle(minute(1), [100, 101, 100, 101], { state: 'revised', version: minute(9) });
    expect([output.signals, output.suppressed, output.orders]).toEqual([[], [], []]);
    expect(output.consumed).toMatchObject([{ openMicros: minute(1), version: minute(9) }]);
    expect(seen).toEqual([`history closed ${minute(0)} 100`, `history revised ${minute(1)} 101`]);
    expect(rig.candle(minute(1), flat).consumed).toEqual([]); // an older version of it
    expect(rig.candle(minute(2), flat).signals.map((signal) => signal.outcome)).toEqual(['none']);
  });

  test('first seen revised were closed meanwhile, and count', () => {
    const { rig } = rigWith({ 0: 'long' });
    expect(rig.candle(minute(0), flat, { state: 'revised' }).signals).toHaveLength(1);
  });

  test('forming reach only strategies that want them, and fill nothing', () => {
    const { rig, seen } = rigWith({ 0: 'long', 1: 'long' }, { strategy: { forming: true } });
    expect(rig.engine.needs(ALPHA)).toEqual({
      ticks: false,
      closed: ['1m'],
      forming: ['1m'],
      warmUp: { '1m': 0 },
    });
    expect(rig.candle(minute(0), flat, { state: 'forming' }).signals).toEqual([]);
    expect(seen).toEqual([`live forming ${minute(0)} 100`]);
    rig.candle(minute(0), flat);
    const output = rig.candle(minute(1), flat, { state: 'forming' });
    expect([output.fills, output.consumed]).toEqual([[], []]);
    expect(rigWith({}).rig.engine.needs(ALPHA).forming).toEqual([]);
  });
});

describe('a strategy that throws', () => {
  const two = {
    strategies: [
      strategyOf({
        use: 'scripted',
        id: 'bad',
        parameters: { votes: { [minute(1)]: 'throw', [minute(0)]: 'long' } },
      }),
      strategyOf({ use: 'scripted', id: 'good', parameters: { votes: { [minute(1)]: 'long' } } }),
    ],
    fills: { ...configOf().fills, participation: decimal('0.001') },
  };

  test('is stopped and shown, its orders are cancelled, and the others go on', () => {
    const rig = new EngineRig([scriptedStrategy()]);
    rig.start(configOf(two));
    rig.candle(minute(0), flat, {});
    const output = rig.candle(minute(1), flat);
    expect(output.strategies).toMatchObject([
      { strategy: 'bad', status: 'stopped', reason: 'threw at a candle: as the script says' },
    ]);
    expect(output.notices).toMatchObject([{ code: 'strategy-stopped', strategy: 'bad', instrument: ALPHA }]);
    expect(rig.orderNow('o-1')).toMatchObject({ state: 'cancelled', code: 'strategy-stopped' });
    expect(output.signals).toMatchObject([{ strategy: 'good' }]);
  });

  test('gets another chance when it is enabled again', () => {
    const rig = new EngineRig([scriptedStrategy()]);
    rig.start(configOf(two));
    rig.candle(minute(0), flat);
    rig.candle(minute(1), flat);
    rig.command({ kind: 'enable-strategy', strategy: 'bad' });
    expect(rig.engine.strategies()[0]).toMatchObject({ strategy: 'bad', status: 'running' });
  });

  test('or is not there, or has wrong parameters, is stopped from the start', () => {
    const rig = new EngineRig([]);
    const output = rig.start(configOf({ strategies: [strategyOf({ use: 'nobody' })] }));
    expect(output.strategies).toMatchObject([{ status: 'stopped', reason: 'there is no strategy "nobody"' }]);
  });
});

describe('the engine refuses', () => {
  const code = (value: string) => expect.objectContaining({ name: 'EngineError', code: value });
  const clock = { type: 'clock' } as const;

  test('an event before the first start, and changes nothing', () => {
    const rig = new EngineRig();
    expect(() => rig.feed(clock)).toThrow(code('not-started'));
    expect(rig.engine.lastSeq).toBe(0);
    rig.start(configOf());
    rig.crash();
    expect(() => rig.feed(clock)).toThrow(code('not-started'));
  });

  test('a number left out, a number twice, and time that goes back', () => {
    const rig = new EngineRig();
    rig.start(configOf());
    expect(() => rig.engine.process({ ...clock, seq: 3, timeMicros: minute(1) })).toThrow(code('sequence'));
    expect(() => rig.engine.process({ ...clock, seq: 1, timeMicros: minute(1) })).toThrow(code('sequence'));
    expect(() => rig.engine.process({ ...clock, seq: 2, timeMicros: minute(-1) })).toThrow(code('time'));
    expect(rig.engine.lastSeq).toBe(1);
  });

  test('a configuration that cannot be, naming all that is wrong', () => {
    const rig = new EngineRig();
    const wrong = configOf({
      strategies: [
        strategyOf({ use: 'x', id: 'same', instruments: [BETA] }),
        strategyOf({ use: 'y', id: 'same' }),
      ],
      instruments: [rulesOf(ALPHA, { fees: 'nothing', tickSize: decimal('0') })],
      squareOff: '25:00',
    });
    expect(() => rig.start(wrong)).toThrow(code('config'));
    expect(() => rig.start(wrong)).toThrow(
      /squareOff "25:00".*two strategies have the id "same".*same names SIM\|BETA, which has no rules.*tick size of SIM\|ALPHA.*fees "nothing"/,
    );
  });
});
