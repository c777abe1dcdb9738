import { describe, expect, test } from 'vitest';
import type { SimulatedTrade } from './history.ts';
import { makeInstruments } from './instruments.ts';
import { klineOpenMs, klineStep } from './kline-interval.ts';
import { klines, klineSteps } from './klines.ts';
import { generateTrades } from './script.ts';

const MARKET = { seed: 3, instruments: ['ALPHA', 'BRAVO'], ratePerSecond: 4 };
const START = Date.UTC(2026, 4, 5, 23, 56);
const MINUTE = 60_000;
const [ALPHA] = makeInstruments(MARKET);

function units(text: string): bigint {
  return BigInt(text.replace('.', ''));
}

/** The plain fold: with other means than the code's, decimals as text and bigints only. */
function fold(trades: readonly SimulatedTrade[]) {
  const prices = trades.map((trade) => units(trade.price));
  const buys = trades.filter((trade) => !trade.isBuyerMaker);
  const sum = (list: readonly SimulatedTrade[], field: 'quantity' | 'quoteQuantity') =>
    list.reduce((total, trade) => total + units(trade[field]), 0n);
  return {
    open: prices[0],
    close: prices.at(-1),
    high: prices.reduce((a, b) => (a > b ? a : b)),
    low: prices.reduce((a, b) => (a < b ? a : b)),
    volume: sum(trades, 'quantity'),
    quoteVolume: sum(trades, 'quoteQuantity'),
    takerBuyVolume: sum(buys, 'quantity'),
    takerBuyQuoteVolume: sum(buys, 'quoteQuantity'),
    tradeCount: trades.length,
  };
}

function asUnits(kline: Record<string, unknown>) {
  const { openMs: _open, closeMs: _close, ...values } = kline;
  return Object.fromEntries(
    Object.entries(values).map(([name, value]) => [name, typeof value === 'string' ? units(value) : value]),
  );
}

describe('klines', () => {
  test.each(['1m', '5m', '1h'])('of %s are the exact fold of the trades, across midnight too', (interval) => {
    const firstOpenMs = klineOpenMs(interval, START);
    const range = {
      interval,
      firstOpenMs,
      lastOpenMs: START + 20 * MINUTE,
      limit: 20,
      nowMs: START + 60 * MINUTE,
    };
    const made = klines(ALPHA, range);
    expect(made.length).toBeGreaterThan(1);
    for (const kline of made.slice(0, 7)) {
      const time = {
        fromMicros: kline.openMs * 1000,
        toMicros: Math.min(kline.closeMs, range.nowMs) * 1000 + 1000,
      };
      const trades = [...generateTrades({ ...MARKET, instrument: 'ALPHA', ...time })];
      expect(asUnits({ ...kline })).toEqual(fold(trades));
      expect(kline.closeMs).toBe(klineStep(interval, kline.openMs, 1) - 1);
    }
  });

  test('of the minute that is not over hold the trades up to now and no later one', () => {
    const nowMs = START + 20_500;
    const [kline, ...more] = klines(ALPHA, {
      interval: '1m',
      firstOpenMs: START,
      lastOpenMs: nowMs,
      limit: 9,
      nowMs,
    });
    const time = { fromMicros: START * 1000, toMicros: (nowMs + 1) * 1000 };
    expect(more).toEqual([]);
    expect(asUnits({ ...kline })).toEqual(
      fold([...generateTrades({ ...MARKET, instrument: 'ALPHA', ...time })]),
    );
  });

  test('without trades are flat at the price before them', () => {
    const [quiet] = makeInstruments({ seed: 3, instruments: ['ALPHA'], ratePerSecond: 0.005 });
    const made = klines(quiet, {
      interval: '1m',
      firstOpenMs: START,
      lastOpenMs: Infinity,
      limit: 60,
      nowMs: START + 60 * MINUTE,
    });
    const flat = made.findIndex((kline, at) => at > 0 && kline.tradeCount === 0);
    expect(flat).toBeGreaterThan(0);
    const { close } = made[flat - 1];
    expect(made[flat]).toMatchObject({
      open: close,
      high: close,
      low: close,
      close,
      volume: expect.stringMatching(/^0\.0+$/),
    });
  });

  test('are made in steps, so that a long fold does not hold the event loop', () => {
    const [busy] = makeInstruments({ ...MARKET, instruments: ['ALPHA'], ratePerSecond: 3000 });
    const range = { interval: '1m', firstOpenMs: START, lastOpenMs: START, limit: 1, nowMs: START + MINUTE };
    const steps = [...klineSteps(busy, range)];
    expect(steps.filter((step) => step === undefined).length).toBeGreaterThan(4);
    expect(steps.at(-1)?.tradeCount).toBeGreaterThan(60_000);
  });
});

describe('kline intervals', () => {
  test('begin weeks on Monday and months on the first', () => {
    const thursday = Date.UTC(2026, 10, 19, 13);
    expect(new Date(klineOpenMs('1w', thursday)).toISOString()).toBe('2026-11-16T00:00:00.000Z');
    expect(new Date(klineOpenMs('1M', thursday)).toISOString()).toBe('2026-11-01T00:00:00.000Z');
    expect(new Date(klineStep('1M', Date.UTC(2026, 11, 1), 1)).toISOString()).toBe(
      '2027-01-01T00:00:00.000Z',
    );
  });
});
