import { describe, expect, test } from 'vitest';
import { decimal } from '../decimal.ts';
import type { EngineConfig } from '../contract/engine-config.ts';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import type { OrderReasonCode, OrderRequest } from '../contract/order.ts';
import { ALPHA, EngineRig, configOf, minute, rulesOf } from '../testing/engine-rig.ts';
import { instrumentKey } from '@tickwright/market';

function rigAt100(change: Partial<EngineConfig> = {}): EngineRig {
  const rig = new EngineRig();
  rig.start(configOf(change));
  rig.candle(minute(0), [100, 100, 100, 100]);
  return rig;
}

/** The last minute of the NSE's session is the 375th: 15:29. */
const LAST = 374;
const limit90 = { type: 'limit', limitPrice: decimal('90') } as const;

describe('validity', () => {
  test('a day order ends with the session, with what it waited for', () => {
    const rig = rigAt100();
    const { id } = rig.order(limit90);
    rig.candle(minute(LAST), [100, 100, 95, 100]);
    expect(rig.orderNow(id)).toMatchObject({ state: 'expired', code: 'session-ended' });
    expect(rig.orderNow(id).reason).toBe(
      'the session ended: limit 90 was not crossed: lowest 95 in 1 candle',
    );
  });

  test('a day order can still be filled by the session’s last candle, which comes after its end by the clock', () => {
    const rig = rigAt100();
    const { id } = rig.order(limit90);
    rig.clock(minute(LAST + 1) + 1_500_000);
    expect(rig.orderNow(id).state).toBe('working');
    rig.candle(minute(LAST), [100, 100, 89, 100]);
    expect(rig.orderNow(id).state).toBe('filled');
  });

  test('a day order ends by the clock where no candle comes any more', () => {
    const rig = rigAt100();
    const { id } = rig.order(limit90);
    rig.clock(minute(LAST + 1) + 120_000_000);
    expect(rig.orderNow(id)).toMatchObject({ state: 'expired', reason: 'the session ended' });
  });

  test('a good-till-cancelled order goes on into the next session', () => {
    const rig = rigAt100();
    const { id } = rig.order({ ...limit90, validity: 'gtc' });
    rig.candle(minute(1), [100, 100, 95, 100]);
    rig.clock(minute(LAST + 1) + 3_600_000_000);
    const nextDay = minute(24 * 60);
    rig.candle(nextDay, [89, 91, 88, 90]);
    expect(rig.orderNow(id)).toMatchObject({ state: 'filled', averagePrice: '90' });
  });

  test('immediate or cancel takes what there is at the next open and cancels the rest', () => {
    const rig = rigAt100({ fills: { ...configOf().fills, participation: decimal('0.1') } });
    const { id } = rig.order({ validity: 'ioc' });
    rig.candle(minute(1), [101, 101, 101, 101, 40]);
    expect(rig.orderNow(id)).toMatchObject({ state: 'cancelled', code: 'ioc-rest', filledQuantity: '4' });
  });

  test('an immediate limit order that the next candle does not satisfy is cancelled with the price', () => {
    const rig = rigAt100();
    const { id } = rig.order({ ...limit90, validity: 'ioc' });
    rig.candle(minute(1), [101, 101, 95, 101]);
    expect(rig.orderNow(id)).toMatchObject({ state: 'cancelled', filledQuantity: '0' });
    expect(rig.orderNow(id).reason).toContain('limit 90 was not crossed: lowest 95');
  });

  test('an order cancelled by hand is cancelled with the reason given', () => {
    const rig = rigAt100();
    const { id } = rig.order(limit90);
    rig.command({ kind: 'cancel-order', orderId: id, reason: 'changed my mind' });
    expect(rig.orderNow(id)).toMatchObject({ state: 'cancelled', reason: 'changed my mind' });
    const again = rig.command({ kind: 'cancel-order', orderId: id, reason: 'again' });
    expect(again.notices).toMatchObject([{ code: 'command-refused' }]);
  });
});

describe('an order is rejected with its reason', () => {
  const cases: [string, OrderReasonCode, Partial<OrderRequest>, Partial<InstrumentRules>][] = [
    [
      'for an instrument that the run does not have',
      'unknown-instrument',
      { instrument: instrumentKey('SIM|X') },
      {},
    ],
    ['when the instrument is halted', 'halted', {}, { isHalted: true, haltReason: 'news' }],
    ['for a quantity of zero', 'invalid-order', { quantity: decimal('0') }, {}],
    ['for a limit order without a limit', 'invalid-order', { type: 'limit' }, {}],
    ['for a market order with a limit', 'invalid-order', { limitPrice: decimal('1') }, {}],
    [
      'for an immediate stop',
      'invalid-order',
      { type: 'stop', stopPrice: decimal('99'), validity: 'ioc' },
      {},
    ],
    ['for a price between ticks', 'price-off-tick', { type: 'limit', limitPrice: decimal('99.01') }, {}],
    ['for a part of a lot', 'quantity-off-lot', { quantity: decimal('15') }, { lotSize: decimal('10') }],
    ['for less than the least quantity', 'below-minimum', {}, { minQuantity: decimal('20') }],
    ['for less than the least value', 'below-minimum', {}, { minValue: decimal('5000') }],
    ['for a price outside the bands', 'outside-bands', limit90, { lowerBand: decimal('95') }],
    ['for another currency', 'currency', {}, { currency: 'USDT' }],
    ['for selling short what cannot be', 'shorting', { side: 'sell' }, { canShort: false }],
    ['for reducing nothing', 'nothing-to-reduce', { reduceOnly: true }, {}],
    ['for more than the money', 'insufficient-funds', { quantity: decimal('1001') }, {}],
  ];
  test.each(cases)('%s', (_, code, request, rules) => {
    const rig = rigAt100({ instruments: [rulesOf(ALPHA, rules)] });
    const order = rig.order(request);
    expect(order).toMatchObject({ state: 'rejected', code });
    expect(order.reason).not.toBe('');
    expect(rig.engine.workingOrders()).toEqual([]);
  });

  test('when the market is closed, unless it is good till cancelled', () => {
    const rig = rigAt100();
    rig.at(minute(LAST + 30));
    expect(rig.order(limit90)).toMatchObject({ state: 'rejected', code: 'no-session' });
    expect(rig.order({ ...limit90, validity: 'gtc' }).state).toBe('working');
  });

  test('when no price is known to reckon it with', () => {
    const rig = new EngineRig();
    rig.start(configOf());
    expect(rig.order()).toMatchObject({ state: 'rejected', code: 'no-price' });
  });

  test('when the fee schedule has no rates for the date', () => {
    const schedule = { name: 'late', source: 'this test', versions: [{ from: '2027-01-01', charges: [] }] };
    const rig = rigAt100({ instruments: [rulesOf(ALPHA, { fees: 'late' })], feeSchedules: [schedule] });
    expect(rig.order()).toMatchObject({ state: 'rejected', code: 'no-fee-rates' });
  });
});

test('a halted instrument fills nothing until its rules change, and its orders say why', () => {
  const rig = rigAt100();
  const { id } = rig.order();
  rig.feed({ type: 'rules', rules: rulesOf(ALPHA, { isHalted: true, haltReason: 'circuit' }) });
  expect(rig.candle(minute(1), [101, 101, 101, 101]).fills).toEqual([]);
  expect(rig.engine.explain(id)?.waitingFor).toBe('the instrument is halted: circuit');
  rig.feed({ type: 'rules', rules: rulesOf(ALPHA) });
  expect(rig.candle(minute(2), [102, 102, 102, 102]).fills).toMatchObject([{ price: '102' }]);
});

test('an order whose fill the money no longer covers is cancelled', () => {
  const rig = rigAt100();
  const { id } = rig.order({ quantity: decimal('1000') }); // 100,000 at 100
  rig.candle(minute(1), [101, 101, 101, 101]);
  expect(rig.orderNow(id)).toMatchObject({ state: 'cancelled', code: 'insufficient-funds' });
  expect(rig.orderNow(id).reason).toBe(
    '101000.00 would be needed for the fill at 101, the equity is 100000.00',
  );
});

test('two orders cannot spend the same money', () => {
  const rig = rigAt100();
  expect(rig.order({ quantity: decimal('600') }).state).toBe('working');
  expect(rig.order({ quantity: decimal('600') })).toMatchObject({ code: 'insufficient-funds' });
});

test('leverage lets more be bought than there is money', () => {
  const account = { ...configOf().account, marginRate: decimal('0.2') };
  const rig = rigAt100({ account });
  expect(rig.order({ quantity: decimal('4999') }).state).toBe('working');
  expect(rig.order({ quantity: decimal('2') }).code).toBe('insufficient-funds');
});

test('a sale beyond the holding is cut to it where shorting is impossible', () => {
  const rig = rigAt100({ instruments: [rulesOf(ALPHA, { canShort: false })] });
  rig.order();
  rig.candle(minute(1), [100, 100, 100, 100]);
  const first = rig.order({ side: 'sell', type: 'stop', stopPrice: decimal('95') });
  expect(rig.order({ side: 'sell' })).toMatchObject({ state: 'rejected', code: 'shorting' });
  expect(first.state).toBe('working');
});

test('a repeated command orders once', () => {
  const rig = rigAt100();
  const place = { kind: 'place-order', request: { ...rig.order(limit90) } } as const;
  expect(rig.command(place, 'twice').orders).toHaveLength(1);
  expect(rig.command(place, 'twice').orders).toHaveLength(0);
});

test('an ended order is explained by its last state, an unknown one not at all', () => {
  const rig = rigAt100();
  const { id } = rig.order();
  expect(rig.engine.explain(id)?.waitingFor).toMatch(/^no candle has come since 2026-11-18T03:46:00/);
  rig.candle(minute(1), [101, 101, 101, 101]);
  expect(rig.engine.explain(id)).toMatchObject({
    order: { state: 'filled', reason: 'filled: 10 at 101' },
    waitingFor: null,
  });
  expect(rig.engine.explain('o-99')).toBeUndefined();
});
