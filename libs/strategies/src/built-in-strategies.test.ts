import { describe, expect, test } from 'vitest';
import { movingAverageCross } from './moving-average-cross.ts';
import { openingRangeBreakout } from './opening-range-breakout.ts';
import { rsiReversal } from './rsi-reversal.ts';
import { OPEN, candle, contextOf, made, votes } from './strategy-fixture.ts';
import { vwapReversion } from './vwap-reversion.ts';

function closes(...prices: number[]) {
  return prices.map((price, n) => candle(n, price));
}

/** The votes without their confidence. */
function directions(list: readonly string[]): string[] {
  return list.map((vote) => vote.split(' ')[0] ?? '');
}

describe('moving-average cross', () => {
  test('votes where the averages cross, and not while they stay apart', () => {
    const cross = made(movingAverageCross, { fast: 2, slow: 3, average: 'sma' });
    // fast:  -   10  10  9.5   8.5  8.5   10    11.5  10
    // slow:  -   -   10  9.667 9    8.667 9.333 10.667 10.667
    // The distance is far over 0.5 % of the slow average at both crossings.
    expect(directions(votes(cross, closes(10, 10, 10, 9, 8, 9, 11, 12, 8)))).toEqual(
      '- - - - - - long - short'.split(' '),
    );
  });

  test('is as confident as the averages are apart', () => {
    const cross = made(movingAverageCross, { fast: 2, slow: 3, average: 'sma', fullConfidencePercent: 10 });
    // 10 - 9.333 is 7.143 % of 9.333: 0.5 + 0.5 x 0.7143
    expect(votes(cross, closes(10, 10, 10, 9, 8, 9, 11)).at(-1)).toBe('long 0.857');
  });

  test('takes exponential averages too', () => {
    const cross = made(movingAverageCross, { fast: 2, slow: 3 });
    // Weights 2/3 and 1/2, from the first close on: 10 10 10 | 9.333 9.5 | 10.444 10.25
    expect(votes(cross, closes(10, 10, 10, 9, 11))).toEqual(['-', '-', '-', '-', 'long 1.000']);
  });

  test('asks for the slow length and one candle more', () => {
    const given = { fast: 2, slow: 5, average: 'sma', fullConfidencePercent: 1 } as const;
    expect(movingAverageCross.warmUp(given, contextOf())).toBe(6);
  });
});

describe('RSI reversal', () => {
  test('votes long when the RSI rises out of the oversold zone', () => {
    const reversal = made(rsiReversal, { length: 2 });
    // Wilder, length 2: losses 1 and 1 → RSI 0; then gain 1: averages 0.5 and 0.5 → RSI 50.
    expect(votes(reversal, closes(10, 9, 8, 9))).toEqual(['-', '-', '-', 'long 1.000']);
  });

  test('votes short when the RSI falls out of the overbought zone, less surely the less far it was in', () => {
    const reversal = made(rsiReversal, { length: 2 });
    // Gains 3, then loss 1 (averages 1.5, 0.5 → RSI 75); loss 1 again (0.75, 0.75 → 50).
    // 75 is 5 of the 30 points above 70: 0.5 + 0.5 x 0.1667
    expect(votes(reversal, closes(10, 13, 12, 11))).toEqual(['-', '-', '-', 'short 0.583']);
  });

  test('holds nothing of a price that has never moved', () => {
    expect(votes(made(rsiReversal, { length: 2 }), closes(10, 10, 10, 10, 9))).toEqual([
      '-',
      '-',
      '-',
      '-',
      '-',
    ]);
  });
});

describe('opening-range breakout', () => {
  const opening = [
    candle(0, [100, 102, 99, 101]),
    candle(1, [101, 103, 100, 102]),
    candle(2, [102, 102, 98, 100]),
  ];
  const given = { minutes: 3 };

  test('votes once each way when a candle closes outside the range of the first minutes', () => {
    const breakout = made(openingRangeBreakout, given);
    // Range 98 to 103, height 5.
    const after = [
      candle(3, [100, 104, 99, 103]), // reaches beyond, closes on the edge
      candle(4, 104), // 1 of 5 beyond: 0.5 + 0.5 x 0.2
      candle(5, 106),
      candle(6, 95.5), // 2.5 of 5 below
      candle(7, 90),
    ];
    expect(votes(breakout, [...opening, ...after])).toEqual([
      '-',
      '-',
      '-',
      '-',
      'long 0.600',
      '-',
      'short 0.750',
      '-',
    ]);
  });

  test('wants to be out a quarter of an hour before the session ends, if it was in', () => {
    const breakout = made(openingRangeBreakout, given);
    const end = [candle(358, 104), candle(359, 104), candle(360, 104)];
    const voted = directions(votes(breakout, [...opening, candle(3, 104), ...end]));
    expect(voted).toEqual(['-', '-', '-', 'long', '-', 'flat', '-']);
    const idle = made(openingRangeBreakout, given);
    expect(votes(idle, [...opening, ...end.slice(1)])).toEqual(['-', '-', '-', '-', '-']);
  });

  test('takes the session from the market’s calendar: the next day has a range of its own', () => {
    const breakout = made(openingRangeBreakout, given);
    const nextDay = opening.map((each) => ({
      ...each,
      openMicros: each.openMicros + 86_400_000_000,
      closeMicros: each.closeMicros + 86_400_000_000,
    }));
    const out = { ...candle(3, 104), openMicros: OPEN + 86_400_000_000 + 180_000_000 };
    const all = [...opening, candle(3, 104), ...nextDay, out];
    expect(votes(breakout, all)).toEqual(['-', '-', '-', 'long 0.600', '-', '-', '-', 'long 0.600']);
  });

  test('does nothing in a session whose opening it has not seen, or that has a hole there', () => {
    expect(votes(made(openingRangeBreakout, given), [...opening.slice(1), candle(3, 110)])).toEqual([
      '-',
      '-',
      '-',
    ]);
    const holed = [
      candle(0, [100, 102, 99, 101], { isComplete: false }),
      ...opening.slice(1),
      candle(3, 110),
    ];
    expect(votes(made(openingRangeBreakout, given), holed)).toEqual(['-', '-', '-', '-']);
  });

  test('remembers a session: 375 minutes of the NSE, 75 candles of 5m', () => {
    const full = { minutes: 15, bufferBps: 0, exitMinutes: 15 };
    expect(openingRangeBreakout.memory?.(full, contextOf('1m'))).toBe(376);
    expect(openingRangeBreakout.memory?.(full, contextOf('5m'))).toBe(76);
  });
});

describe('VWAP reversion', () => {
  const given = { minCandles: 3, deviations: 1.5 };

  test('votes against a close far from the VWAP, and flat when the price is back at it', () => {
    const reversion = made(vwapReversion, given);
    // 100 100 100 96, 100 traded each: VWAP 99, deviation sqrt((3 x 1 + 9) / 4) = 1.7321, so 1.7321 deviations below:
    // 0.5 + 0.5 x 0.2321 / 1.5. Then VWAP (396 + 99.5) / 5 = 99.1, and 99.5 is above it.
    expect(votes(reversion, closes(100, 100, 100, 96, 99.5))).toEqual([
      '-',
      '-',
      '-',
      'long 0.577',
      'flat 1.000',
    ]);
  });

  test('weighs by volume', () => {
    const reversion = made(vwapReversion, given);
    const few = candle(3, 96, { volume: 10 });
    // VWAP (30000 + 960) / 310 = 99.871, deviation sqrt((300 x 0.01665 + 10 x 14.985) / 310) = 0.7067: 5.48 below.
    expect(votes(reversion, [...closes(100, 100, 100), few])).toEqual(['-', '-', '-', 'long 1.000']);
  });

  test('begins anew with each session, and does nothing where something of it is missing', () => {
    const reversion = made(vwapReversion, given);
    const nextDay = closes(100, 100, 100, 96).map((each) => ({
      ...each,
      openMicros: each.openMicros + 86_400_000_000,
    }));
    expect(votes(reversion, [...closes(50, 50, 50), ...nextDay]).at(-1)).toBe('long 0.577');
    expect(votes(made(vwapReversion, given), closes(100, 100, 100, 100, 96).slice(1))).toEqual([
      '-',
      '-',
      '-',
      '-',
    ]);
    const holed = [candle(0, 100), candle(1, 100, { isComplete: false }), candle(2, 100), candle(3, 96)];
    expect(votes(made(vwapReversion, given), holed)).toEqual(['-', '-', '-', '-']);
  });
});
