import type { Candle, EngineEvent } from '@tickwright/trading';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { eventBody, eventOf } from './event-body.ts';

const price = fc.double({ noNaN: true, noDefaultInfinity: true }).map((value) => (value === 0 ? 0 : value));
const time = fc.integer({ min: 0, max: 4_000_000_000_000_000 });
const candle: fc.Arbitrary<Candle> = fc.record({
  openMicros: time,
  closeMicros: time,
  open: price,
  high: price,
  low: price,
  close: price,
  volume: price,
  tradeCount: fc.nat(),
  state: fc.constantFrom('closed', 'revised'),
  isComplete: fc.boolean(),
  version: fc.nat(),
  source: fc.constantFrom('ticks', 'venue'),
});

function history(candles: readonly Candle[]): EngineEvent {
  return {
    type: 'history',
    seq: 7,
    timeMicros: 9,
    instrument: 'SIM|ALPHA' as never,
    interval: '1m',
    candles,
  };
}

test('history comes back from its body exactly as it was, be its candles alike or not', () => {
  const candles = fc.oneof(
    fc.array(candle, { maxLength: 20 }),
    fc.tuple(candle, fc.nat({ max: 9 })).map(([one, count]) => Array<Candle>(count).fill(one)),
  );
  fc.assert(
    fc.property(candles, (those) => {
      expect(eventOf(eventBody(history(those)))).toEqual(history(those));
    }),
  );
});

/** Candles as venues have them: decimals, in order of time. */
const decimal = (decimals: number): fc.Arbitrary<number> =>
  fc.integer({ min: 0, max: 10 ** 11 }).map((whole) => Number(`${whole}e-${decimals}`));
const marketCandle = fc.integer({ min: 0, max: 8 }).chain((decimals) =>
  fc.array(fc.record({ price: decimal(decimals), volume: decimal(8 - decimals), version: fc.nat() }), {
    minLength: 1,
    maxLength: 30,
  }),
);

test('history of a market comes back exactly, and its numbers are kept as small steps', () => {
  const [model] = fc.sample(candle, 1);
  fc.assert(
    fc.property(marketCandle, (values) => {
      const candles = values.map(({ price, volume, version }, at): Candle => ({
        ...model,
        openMicros: 1_700_000_000_000_000 + at * 60_000_000,
        closeMicros: 1_700_000_060_000_000 + at * 60_000_000,
        open: price,
        high: price,
        low: price,
        close: price,
        volume,
        version,
      }));
      const body = eventBody(history(candles));
      expect(eventOf(body)).toEqual(history(candles));
      const { close } = (JSON.parse(body) as { columns: { close: unknown } }).columns;
      expect(Array.isArray(close)).toBe(false);
    }),
  );
});

test('numbers that are no decimals, or too large for steps, come back exactly', () => {
  const [model] = fc.sample(candle, 1);
  for (const close of [
    [0.1, 1 / 3],
    [1e300, 2e300],
    [2 ** 53 - 1, 1 - 2 ** 53],
    [5e-324, 1],
    [100.31 + 0.01, 7],
  ]) {
    const candles = close.map((each): Candle => ({ ...model, close: each }));
    expect(eventOf(eventBody(history(candles)))).toEqual(history(candles));
  }
});

test('the body of history names no field once a candle', () => {
  const [one] = fc.sample(candle, 1);
  const body = eventBody(history(Array<Candle>(1_000).fill(one)));
  expect(body.length).toBeLessThan(1_000);
});

test('history that was kept candle by candle is read, and every other event as it is', () => {
  const old = history(fc.sample(candle, 3));
  expect(eventOf(JSON.stringify(old))).toEqual(old);
  const other: EngineEvent = { type: 'time', seq: 1, timeMicros: 2, segment: 'SIM', micros: 3 } as never;
  expect(eventOf(eventBody(other))).toEqual(other);
});
