import { expect, test } from 'vitest';
import { foldFills } from '../book/fold-fills.ts';
import { decimal } from '../decimal.ts';
import { ALPHA, EngineRig, configOf, minute, rulesOf } from '../testing/engine-rig.ts';

// The worked example of the project's facts on fees: intraday, buy 100 at 500.00, sell 100 at 505.00. Unrounded costs
// 65.08; rounded an order, STT and stamp duty to the rupee and the rest to paise, they are 27.48 + 38.49 = 65.97.
test('the worked intraday example leaves 434.03 of the gross 500', () => {
  const rig = new EngineRig();
  rig.start(configOf({ instruments: [rulesOf(ALPHA, { fees: 'nse-intraday' })] }));
  rig.candle(minute(0), [500, 500, 500, 500]);
  rig.order({ quantity: decimal('100') });
  const [bought] = rig.candle(minute(1), [500, 500, 500, 500]).fills;
  // brokerage 20, exchange 1.485, IPFT 0.05, SEBI 0.05, stamp 1.50, GST 18 % of 21.585
  expect(bought).toMatchObject({
    value: '50000',
    fees: '27.48',
    feeLines: [
      { name: 'brokerage', amount: '20' },
      { name: 'exchange', amount: '1.49' },
      { name: 'ipft', amount: '0.05' },
      { name: 'sebi', amount: '0.05' },
      { name: 'stamp', amount: '2' },
      { name: 'gst', amount: '3.89' },
    ],
  });
  rig.order({ quantity: decimal('100'), side: 'sell' });
  const output = rig.candle(minute(2), [505, 505, 505, 505]);
  expect(output.fills).toMatchObject([{ value: '50500', fees: '38.49' }]);
  expect(output.closedTrades).toMatchObject([{ grossPnl: '500', fees: '65.97', netPnl: '434.03', fills: 2 }]);
  expect(output.account).toMatchObject({
    cash: '100434.03',
    equity: '100434.03',
    realizedPnl: '500',
    fees: '65.97',
  });
  expect(output.equity).toMatchObject({ equity: '100434.03', exposure: '0', unrealizedPnl: '0' });
  expect(foldFills(decimal('100000'), rig.fills)).toMatchObject({
    cash: '100434.03',
    realizedPnl: '500',
    fees: '65.97',
  });
});

test('an order filled in three parts pays the brokerage of one', () => {
  const rig = new EngineRig();
  const fills = { ...configOf().fills, participation: decimal('0.1') };
  rig.start(configOf({ fills, instruments: [rulesOf(ALPHA, { fees: 'nse-intraday' })] }));
  rig.candle(minute(0), [500, 500, 500, 500]);
  const { id } = rig.order({ quantity: decimal('100') });
  for (const n of [1, 2, 3]) rig.candle(minute(n), [500, 500, 500, 500, 400]);
  expect(rig.fills.map((fill) => fill.quantity)).toEqual(['40', '40', '20']);
  expect(rig.fills.map((fill) => fill.feeLines.find((line) => line.name === 'brokerage')?.amount)).toEqual([
    '10', // 0.05 % of 20,000
    '10', // 20 in all, the most an order pays
    undefined,
  ]);
  expect(rig.orderNow(id)).toMatchObject({ state: 'filled', fees: '27.48' });
});

test('the depository charges once an instrument and day, however often is sold', () => {
  const rig = new EngineRig();
  rig.start(configOf({ instruments: [rulesOf(ALPHA, { fees: 'nse-delivery' })] }));
  rig.candle(minute(0), [500, 500, 500, 500]);
  rig.order({ quantity: decimal('100') });
  rig.candle(minute(1), [500, 500, 500, 500]);
  for (const n of [2, 3]) {
    rig.order({ quantity: decimal('50'), side: 'sell' });
    rig.candle(minute(n), [500, 500, 500, 500]);
  }
  const charged = rig.fills.map((fill) => fill.feeLines.filter((line) => line.name === 'depository').length);
  expect(charged).toEqual([0, 1, 0]);
});

test('the equity curve has a point a minute while something is held, and values it at the market', () => {
  const rig = new EngineRig();
  rig.start(configOf());
  rig.candle(minute(0), [100, 100, 100, 100]);
  expect(rig.clock(minute(1)).equity).toBeNull();
  rig.order();
  rig.candle(minute(1), [100, 100, 100, 101]);
  expect(rig.candle(minute(2), [101, 103, 101, 103]).equity).toMatchObject({
    cash: '99000',
    equity: '100030',
    unrealizedPnl: '30',
    exposure: '1030',
  });
  expect(rig.clock(minute(3) + 5_000_000).equity).toBeNull();
  expect(rig.clock(minute(4) + 5_000_000).equity).toMatchObject({ equity: '100030' });
});
