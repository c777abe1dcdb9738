import { describe, expect, test } from 'vitest';
import { decimal } from '../decimal.ts';
import { ALPHA, candleAt, configOf, minute } from '../testing/engine-rig.ts';
import { rigWith } from '../testing/scripted-rig.ts';

const flat = [100, 100, 100, 100] as const;

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

  test('that filled once fill no second time, though an order is left that could have more', () => {
    const fills = { ...configOf().fills, participation: decimal('0.1') };
    const { rig, config } = rigWith({ 0: 'long' }, { config: { fills } });
    rig.candle(minute(0), flat);
    expect(rig.candle(minute(1), [99, 99, 99, 99, 40]).fills).toMatchObject([{ quantity: '4' }]);
    rig.crash();
    rig.start(config);
    expect(rig.candle(minute(1), [99, 99, 99, 99, 40], { phase: 'missed' }).fills).toEqual([]);
    expect(rig.candle(minute(2), [98, 98, 98, 98, 40]).fills).toMatchObject([{ quantity: '4', price: '98' }]);
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

test('a history event is its candles one by one, but names only the last as consumed', () => {
  const single = rigWith({}, { warmUp: 3 });
  const batch = rigWith({}, { warmUp: 3 });
  const candles = [0, 1, 2].map((n) => candleAt(minute(n), [100, 101, 99, 100 + n]));
  for (const candle of candles)
    single.rig.feed({ type: 'candle', instrument: ALPHA, interval: '1m', phase: 'history', candle });
  const output = batch.rig.feed({ type: 'history', instrument: ALPHA, interval: '1m', candles });
  expect(batch.seen).toEqual(single.seen);
  expect(output.consumed).toMatchObject([{ openMicros: minute(2) }]);
  expect(output.strategies).toMatchObject([{ status: 'running' }]);
  const state = ({ rig }: typeof single) => ({ ...rig.engine.state(), progress: null });
  expect(state(batch)).toEqual(state(single));
});

describe('a history event', () => {
  const historyOf = (from: number, to: number) => ({
    type: 'history' as const,
    instrument: ALPHA,
    interval: '1m' as const,
    candles: Array.from({ length: to - from }, (_, at) => candleAt(minute(from + at), flat)),
  });
  const seenMinutes = (seen: readonly string[]) =>
    seen.map((line) => (Number(line.split(' ')[2]) - minute(0)) / 60_000_000);

  test('longer than a strategy remembers reaches it with its end alone, and is consumed to its last candle', () => {
    const { rig, seen } = rigWith({}, { warmUp: 3 });
    const output = rig.feed(historyOf(0, 10));
    expect(seenMinutes(seen)).toEqual([7, 8, 9]);
    expect(output.consumed).toMatchObject([{ openMicros: minute(9) }]);
    expect(output.strategies).toMatchObject([{ status: 'running', lastCandleMicros: minute(9) }]);
  });

  test('that follows another goes on where that ended, or begins anew where a hole would come', () => {
    const { rig, seen } = rigWith({}, { warmUp: 3 });
    rig.feed(historyOf(0, 4));
    rig.feed(historyOf(4, 6));
    expect(seenMinutes(seen)).toEqual([1, 2, 3, 4, 5]);
    rig.feed(historyOf(6, 20));
    expect(seenMinutes(seen).slice(5)).toEqual([17, 18, 19]);
    expect(rig.engine.strategies()).toMatchObject([{ status: 'running', candles: 3 }]);
  });
});
