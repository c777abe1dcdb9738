import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Exact, decimal } from '../decimal.ts';
import type { OrderSide } from '../contract/order.ts';
import { UnknownFeeScheduleError, feeSchedule, feeSchedules } from './built-in-schedules.ts';
import { dailyFees, feeTotal, feeVersionOn, fillFees, owedFees } from './fee-calculation.ts';
import type { FeeCharge } from './fee-schedule.ts';

function chargesOf(name: string, date = '2026-11-20'): readonly FeeCharge[] {
  const version = feeVersionOn(feeSchedule(name), date);
  if (version === undefined) throw new Error(`no rates of ${name} on ${date}`);
  return version.charges;
}

function executed(side: OrderSide, value: string, makerValue = '0') {
  return { side, value: new Exact(value), makerValue: new Exact(makerValue) };
}

/** Name → [exact, charged]. */
function table(schedule: string, side: OrderSide, value: string, makerValue = '0') {
  const fees = owedFees(chargesOf(schedule), executed(side, value, makerValue));
  return Object.fromEntries(fees.map((fee) => [fee.name, [fee.exact.toFixed(), fee.amount.toFixed()]]));
}

// The worked example of the project's facts on fees: intraday, buy 100 at 500.00, sell 100 at 505.00, by hand.
test('the buy of the worked intraday example is charged as reckoned by hand', () => {
  expect(table('nse-intraday', 'buy', '50000')).toEqual({
    brokerage: ['20', '20'], // 0.05 % would be 25.00
    exchange: ['1.485', '1.49'], // 0.00297 %
    ipft: ['0.05', '0.05'], // 0.0001 %
    sebi: ['0.05', '0.05'],
    stamp: ['1.5', '2'], // 0.003 %, whole rupee
    gst: ['3.8853', '3.89'], // 18 % of 21.585
  });
});

test('the sell of the worked intraday example is charged as reckoned by hand', () => {
  expect(table('nse-intraday', 'sell', '50500')).toEqual({
    brokerage: ['20', '20'], // 0.05 % would be 25.25
    stt: ['12.625', '13'], // 0.025 %, whole rupee
    exchange: ['1.49985', '1.5'],
    ipft: ['0.0505', '0.05'],
    sebi: ['0.0505', '0.05'],
    gst: ['3.888153', '3.89'], // 18 % of 21.60085
  });
});

test('the unrounded costs of the worked intraday example are 65.08', () => {
  const both = [
    ...owedFees(chargesOf('nse-intraday'), executed('buy', '50000')),
    ...owedFees(chargesOf('nse-intraday'), executed('sell', '50500')),
  ];
  const exact = both.reduce((sum, fee) => sum.plus(fee.exact), new Exact(0));
  expect(exact.toFixed()).toBe('65.084303'); // 40 + 12.625 + 2.98485 + 0.1005 + 0.1005 + 1.5 + 7.773453
  expect(exact.toFixed(2)).toBe('65.08');
});

test('a small intraday order pays 0.05 % brokerage, a large one 20 rupees', () => {
  expect(table('nse-intraday', 'buy', '39999')['brokerage']).toEqual(['19.9995', '20']);
  expect(table('nse-intraday', 'buy', '10000')['brokerage']).toEqual(['5', '5']);
  expect(table('nse-intraday', 'buy', '40001')['brokerage']).toEqual(['20', '20']);
});

test('delivery pays STT on both sides, more stamp duty, no brokerage, and the depository once a day on a sale', () => {
  expect(table('nse-delivery', 'buy', '50000')).toEqual({
    brokerage: ['0', '0'],
    stt: ['50', '50'], // 0.1 %
    exchange: ['1.485', '1.49'],
    ipft: ['0.05', '0.05'],
    sebi: ['0.05', '0.05'],
    stamp: ['7.5', '8'], // 0.015 %
    gst: ['0.2853', '0.29'], // 18 % of 1.585
  });
  expect(table('nse-delivery', 'sell', '50500')['stt']).toEqual(['50.5', '51']);
  expect(dailyFees(chargesOf('nse-delivery'), 'sell')).toEqual([{ name: 'depository', amount: '15' }]);
  expect(dailyFees(chargesOf('nse-delivery'), 'buy')).toEqual([]);
});

test('crypto charges maker and taker parts of an order at their own rates', () => {
  expect(table('kraken-spot', 'buy', '1000')).toEqual({ trading: ['4', '4'] }); // 40 bps
  expect(table('kraken-spot', 'sell', '1000', '1000')).toEqual({ trading: ['2.5', '2.5'] }); // 25 bps
  expect(table('coinbase-spot', 'buy', '1000', '250')).toEqual({ trading: ['5.5', '5.5'] }); // 1.00 + 4.50
  expect(table('binance-spot', 'buy', '0.12345678')).toEqual({ trading: ['0.00012345678', '0.00012346'] });
});

test('rates are those of the date, and before the first date there are none', () => {
  const old: FeeCharge = {
    name: 'x',
    on: 'both',
    decimals: 2,
    kind: 'rate',
    rate: decimal('0.1'),
    cap: null,
  };
  const schedule = {
    name: 'dated',
    source: 'this test',
    versions: [
      { from: '2020-01-01', charges: [old] },
      { from: '2024-10-01', charges: [{ ...old, rate: decimal('0.2') }] },
    ],
  };
  expect(feeVersionOn(schedule, '2019-12-31')).toBeUndefined();
  expect(feeVersionOn(schedule, '2024-09-30')?.from).toBe('2020-01-01');
  expect(feeVersionOn(schedule, '2024-10-01')?.from).toBe('2024-10-01');
  expect(feeVersionOn(feeSchedule('nse-intraday'), '2024-09-30')).toBeUndefined();
});

test('an order pays the same whether it is filled at once or in parts', () => {
  const parts = fc.array(fc.integer({ min: 1, max: 10_000_000 }), { minLength: 1, maxLength: 20 });
  const side = fc.constantFrom<OrderSide>('buy', 'sell');
  const names = fc.constantFrom(...feeSchedules.map((schedule) => schedule.name));
  fc.assert(
    fc.property(parts, side, names, (paise, side, name) => {
      const charges = chargesOf(name);
      let before = executed(side, '0');
      let paid = new Exact(0);
      for (const part of paise) {
        const after = { ...before, value: before.value.plus(new Exact(part).div(100)) };
        paid = paid.plus(feeTotal(fillFees(charges, before, after)));
        before = after;
      }
      const whole = owedFees(charges, before).reduce((sum, fee) => sum.plus(fee.amount), new Exact(0));
      expect(paid.toFixed()).toBe(whole.toFixed());
    }),
    { numRuns: 200 },
  );
});

test('an unknown schedule is an error that names the known ones', () => {
  expect(() => feeSchedule('nse')).toThrow(UnknownFeeScheduleError);
  expect(() => feeSchedule('nse')).toThrow(/nse-intraday, nse-delivery, binance-spot/);
});
