import { instrumentKey } from '@tickwright/market';
import { describe, expect, test } from 'vitest';
import type { Fill } from '../contract/fill.ts';
import { Exact, decimal, toDecimal } from '../decimal.ts';
import { foldFills } from './fold-fills.ts';
import { addFill, emptyHolding } from './holding.ts';

const ALPHA = instrumentKey('SIM|ALPHA');
let number = 0;

function fill(side: 'buy' | 'sell', quantity: string, price: string, fees = '0'): Fill {
  number += 1;
  return {
    id: `f-${number}`,
    seq: number,
    timeMicros: number,
    marketMicros: number,
    orderId: `o-${number}`,
    strategy: 'a',
    instrument: ALPHA,
    side,
    quantity: decimal(quantity),
    price: decimal(price),
    value: toDecimal(new Exact(quantity).times(price)),
    liquidity: 'taker',
    fees: decimal(fees),
    feeLines: [],
    rule: 'open',
    slippage: decimal('0'),
  };
}

function after(...fills: Fill[]) {
  let holding = emptyHolding('a', ALPHA);
  const closed = [];
  for (const each of fills) {
    const change = addFill(holding, each);
    holding = change.holding;
    if (change.closed !== null) closed.push(change.closed);
  }
  return { ...holding, closed };
}

describe('a position at average cost', () => {
  test('averages purchases and realizes sales against the average', () => {
    // (10 x 100 + 30 x 108) / 40 = 106; sold 20 at 110: 20 x 4
    const { position } = after(fill('buy', '10', '100'), fill('buy', '30', '108'), fill('sell', '20', '110'));
    expect(position).toMatchObject({ quantity: '20', averagePrice: '106', cost: '2120', realizedPnl: '80' });
  });

  test('is the same upside down for a short one', () => {
    const { position } = after(
      fill('sell', '10', '100'),
      fill('sell', '30', '108'),
      fill('buy', '20', '110'),
    );
    expect(position).toMatchObject({
      quantity: '-20',
      averagePrice: '106',
      cost: '-2120',
      realizedPnl: '-80',
    });
  });

  test('loses nothing to rounding when thirds are sold', () => {
    const thirds = after(
      fill('buy', '3', '33.33'),
      fill('buy', '4', '10'),
      fill('sell', '1', '20'),
      fill('sell', '1', '20'),
      fill('sell', '5', '20'),
    );
    expect(thirds.position).toMatchObject({ quantity: '0', cost: '0', realizedPnl: '0.01' }); // 140 - 139.99
  });

  test('that turns over in one fill closes one trade and opens another, fees by quantity', () => {
    const turned = after(fill('buy', '10', '100', '1'), fill('sell', '30', '110', '3'));
    expect(turned.closed).toMatchObject([
      { direction: 'long', quantity: '10', grossPnl: '100', fees: '2', netPnl: '98' },
    ]);
    expect(turned.position).toMatchObject({
      quantity: '-20',
      cost: '-2200',
      averagePrice: '110',
      realizedPnl: '100',
    });
    expect(turned.trade).toMatchObject({ direction: 'short', entryQuantity: '20', fees: '2', fills: 1 });
  });

  test('tells a round trip with its mean prices', () => {
    const { closed } = after(
      fill('buy', '1', '100', '1'),
      fill('buy', '1', '101', '1'),
      fill('sell', '2', '103', '2'),
    );
    expect(closed).toMatchObject([
      {
        entryPrice: '100.5',
        exitPrice: '103',
        quantity: '2',
        grossPnl: '5',
        fees: '4',
        netPnl: '1',
        fills: 3,
      },
    ]);
  });
});

test('crypto’s small numbers stay plain and exact', () => {
  const book = foldFills(decimal('1'), [fill('buy', '0.00000001', '0.00000003', '0.00000001')]);
  expect(book.cash).toBe('0.9999999899999997');
  expect(decimal(1e-7)).toBe('0.0000001');
  expect(decimal('-0')).toBe('0');
  expect(() => decimal('NaN')).toThrow(RangeError);
});
