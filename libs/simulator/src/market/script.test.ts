import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { aggTradesById, firstOrderAt, tradesById } from './history.ts';
import { instrumentNames, makeInstruments, MarketOptionsError } from './instruments.ts';
import { orderOfTrade } from './order-fills.ts';
import { generateAggTrades, generateTrades } from './script.ts';
import { sliceAt, sliceOf, SLICES_PER_DAY, sliceStartMs } from './slices.ts';

const MARKET = { seed: 7, instruments: 10, ratePerSecond: 300 };
const MIDNIGHT = Date.UTC(2026, 2, 14);
const [ALPHA] = makeInstruments(MARKET);

function trades(fromMs: number, toMs: number, market = MARKET) {
  return [
    ...generateTrades({ ...market, instrument: 'ALPHA', fromMicros: fromMs * 1000, toMicros: toMs * 1000 }),
  ];
}

function aggTrades(fromMs: number, toMs: number) {
  const range = { fromMicros: fromMs * 1000, toMicros: toMs * 1000 };
  return [...generateAggTrades({ ...MARKET, instrument: 'ALPHA', ...range })];
}

/** Decimal text with eight places in units of 10^-8. */
function units(text: string): bigint {
  expect(text).toMatch(/^\d+\.\d{8}$/);
  return BigInt(text.replace('.', ''));
}

describe('the market script', () => {
  test('is the same every time it is asked, and another with another seed', () => {
    const first = trades(MIDNIGHT, MIDNIGHT + 20_000);
    expect(first.length).toBeGreaterThan(100);
    expect(trades(MIDNIGHT, MIDNIGHT + 20_000)).toEqual(first);
    expect(trades(MIDNIGHT, MIDNIGHT + 20_000, { ...MARKET, seed: 8 })).not.toEqual(first);
  });

  test('tells what it told in an earlier version, so that a restart after an update goes on too', () => {
    const [first] = trades(MIDNIGHT, MIDNIGHT + 20_000);
    expect(first).toMatchInlineSnapshot(`
      {
        "id": 159479076439,
        "isBuyerMaker": true,
        "price": "1.75930000",
        "quantity": "1894.90000000",
        "quoteQuantity": "3333.69757000",
        "timeMs": 1773446400029,
      }
    `);
  });

  test('numbers trades and orders without a hole across midnight, never stepping back in time', () => {
    const around = trades(MIDNIGHT - 60_000, MIDNIGHT + 60_000);
    const orders = aggTrades(MIDNIGHT - 60_000, MIDNIGHT + 60_000);
    expect(around[0].timeMs).toBeLessThan(MIDNIGHT);
    expect(around.at(-1)?.timeMs).toBeGreaterThan(MIDNIGHT);
    const holes = around.slice(1).filter((trade, at) => trade.id !== around[at].id + 1);
    const backwards = around.slice(1).filter((trade, at) => trade.timeMs < around[at].timeMs);
    const orderHoles = orders.slice(1).filter((order, at) => order.id !== orders[at].id + 1);
    const fillHoles = orders.slice(1).filter((order, at) => order.firstId !== orders[at].lastId + 1);
    expect([holes, backwards, orderHoles, fillHoles]).toEqual([[], [], [], []]);
  });

  test('has the same trades however its time is cut into ranges', () => {
    const whole = trades(MIDNIGHT - 3000, MIDNIGHT + 3000);
    fc.assert(
      fc.property(fc.array(fc.integer({ min: -3000, max: 3000 }), { maxLength: 6 }), (cuts) => {
        const edges = [-3000, ...cuts.toSorted((a, b) => a - b), 3000];
        const parts = edges.slice(1).map((to, at) => trades(MIDNIGHT + edges[at], MIDNIGHT + to));
        expect(parts.flat()).toEqual(whole);
      }),
      { numRuns: 30 },
    );
  });

  test('makes exactly the same number of orders each day', () => {
    for (const day of [0, 1, 5000, 20_000]) {
      const start = firstOrderAt(ALPHA, day * 86_400_000);
      expect(start).toBe(day * ALPHA.ordersPerDay);
    }
  });

  test('has aggregate trades that are its trades, merged by order', () => {
    const single = trades(MIDNIGHT, MIDNIGHT + 10_000);
    const byId = new Map(single.map((trade) => [trade.id, trade]));
    let covered = 0;
    for (const order of aggTrades(MIDNIGHT, MIDNIGHT + 10_000)) {
      let quantity = 0n;
      for (let id = order.firstId; id <= order.lastId; id++) {
        const trade = byId.get(id);
        expect(trade).toMatchObject({
          price: order.price,
          timeMs: order.timeMs,
          isBuyerMaker: order.isBuyerMaker,
        });
        quantity += units(trade?.quantity ?? '');
        covered += 1;
      }
      expect(units(order.quantity)).toBe(quantity);
    }
    expect(covered).toBe(single.length);
  });

  test('gives history by id as it gave it by time', () => {
    const whole = trades(MIDNIGHT - 10_000, MIDNIGHT + 10_000);
    const endOrder = firstOrderAt(ALPHA, MIDNIGHT + 10_000);
    fc.assert(
      fc.property(fc.nat(whole.length - 1), fc.integer({ min: 1, max: 50 }), (at, limit) => {
        const page = tradesById(ALPHA, { fromId: whole[at].id, limit, endOrder });
        expect(page).toEqual(whole.slice(at, at + limit));
      }),
    );
    const orders = aggTrades(MIDNIGHT - 10_000, MIDNIGHT + 10_000);
    expect(aggTradesById(ALPHA, { fromId: orders[3].id, limit: 20, endOrder })).toEqual(orders.slice(3, 23));
  });

  test('tells nothing from the end order on, even when asked by id', () => {
    const [future] = trades(MIDNIGHT + 1000, MIDNIGHT + 5000);
    const endOrder = firstOrderAt(ALPHA, MIDNIGHT + 1000);
    expect(tradesById(ALPHA, { fromId: future.id, limit: 10, endOrder })).toEqual([]);
    expect(aggTradesById(ALPHA, { fromId: endOrder, limit: 10, endOrder })).toEqual([]);
  });

  test('finds the order of any trade id', () => {
    for (const order of aggTrades(MIDNIGHT, MIDNIGHT + 5000)) {
      expect(orderOfTrade(ALPHA, order.firstId)).toBe(order.id);
      expect(orderOfTrade(ALPHA, order.lastId)).toBe(order.id);
    }
  });

  test('moves prices by small steps around a positive middle, with calm and with nervous times', () => {
    const prices = Array.from({ length: 100 }, (_, hour) => {
      const [trade] = trades(MIDNIGHT + hour * 3_600_000, MIDNIGHT + hour * 3_600_000 + 4000);
      return Number(trade.price);
    });
    const moves = prices.slice(1).map((price, at) => Math.abs(price / prices[at] - 1));
    expect(Math.min(...prices)).toBeGreaterThan(0);
    expect(Math.max(...moves)).toBeLessThan(0.1);
    expect(Math.max(...moves)).toBeGreaterThan(0.002);
  });

  test('comes in bursts, though the mean rate is the one asked for', () => {
    const from = firstOrderAt(ALPHA, MIDNIGHT);
    const counts = Array.from({ length: 600 }, (_, second) => {
      const at = MIDNIGHT + second * 1000;
      return firstOrderAt(ALPHA, at + 1000) - firstOrderAt(ALPHA, at);
    });
    const mean = (firstOrderAt(ALPHA, MIDNIGHT + 600_000) - from) / 600;
    expect(mean / (ALPHA.ordersPerDay / 86_400)).toBeGreaterThan(0.6);
    expect(mean / (ALPHA.ordersPerDay / 86_400)).toBeLessThan(1.7);
    expect(Math.max(...counts)).toBeGreaterThan(2 * mean);
    expect(Math.min(...counts)).toBeLessThan(mean / 2);
  });
});

describe('slices', () => {
  test('tile the day: found by time and by order number alike', () => {
    fc.assert(
      fc.property(fc.nat(86_399_999), (msOfDay) => {
        const slice = sliceAt(ALPHA, MIDNIGHT + msOfDay);
        expect(slice.fromMs).toBeLessThanOrEqual(MIDNIGHT + msOfDay);
        expect(slice.toMs).toBeGreaterThan(MIDNIGHT + msOfDay);
        expect(slice.toMs - MIDNIGHT).toBe(sliceStartMs(slice.index + 1));
        if (slice.count > 0) expect(sliceOf(ALPHA, slice.firstOrder)).toEqual(slice);
        const next = sliceAt(ALPHA, slice.toMs);
        expect(next.firstOrder).toBe(slice.firstOrder + slice.count);
      }),
    );
    expect(sliceStartMs(SLICES_PER_DAY)).toBe(86_400_000);
  });
});

describe('the instruments of a market', () => {
  test('have the names that people know first', () => {
    expect(instrumentNames(12).slice(8)).toEqual(['INDIA', 'JULIET', 'S0011', 'S0012']);
  });

  test('trade together at the rate asked for, some of them quietly', () => {
    const instruments = makeInstruments({ seed: 1, instruments: 2000, ratePerSecond: 200_000 });
    const orders = instruments.reduce((sum, each) => sum + each.ordersPerDay, 0);
    expect((orders * 1.5) / 86_400 / 200_000).toBeCloseTo(1, 3);
    const quiet = instruments.filter((each) => each.isQuiet);
    expect(quiet.length).toBeGreaterThan(300);
    expect(quiet.length).toBeLessThan(500);
    expect(Math.max(...quiet.map((each) => each.ordersPerDay))).toBeLessThanOrEqual(6 * 1440);
  });

  test.each([
    { ...MARKET, seed: -1 },
    { ...MARKET, ratePerSecond: 0 },
    { ...MARKET, instruments: 0 },
    { ...MARKET, instruments: ['alpha'] },
    { ...MARKET, instruments: ['ALPHA', 'ALPHA'] },
  ])('are refused when they make no sense: %o', (options) => {
    expect(() => makeInstruments(options)).toThrow(MarketOptionsError);
  });
});
