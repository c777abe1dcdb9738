import type { Order, Signal } from '@tickwright/trading';
import type { TickRow } from '../api/answers.ts';
import { compact, price, priceText, quantityText } from '../format/numbers.ts';
import { paintStrategy } from '../paper/columns.ts';
import { dateAndTime, shortAge, timeOfDay } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { serverNow } from '../shell/server-time.ts';
import type { Column } from '../table/column.ts';

const SIDE_SIGNS: Readonly<Record<string, string>> = { buy: '▲', sell: '▼' };
export const DIRECTION_SIGNS = { long: '▲', short: '▼', flat: '■' } as const;
export const DIRECTION_TONES = { long: 'up', short: 'down', flat: 'flat' } as const;

/** A tick with as many decimals as its instrument was seen to have: prices stand below each other, and none is rounded. */
export interface ShownTick extends TickRow {
  readonly decimals: number;
}

export const TICK_COLUMNS: readonly Column<ShownTick>[] = [
  {
    id: 'time',
    title: 'Time',
    text: ({ eventTime }) => `${timeOfDay(Date.parse(eventTime), zone())}.${eventTime.slice(20, 23)}`,
  },
  {
    id: 'price',
    title: 'Price',
    align: 'right',
    text: (tick) => `${SIDE_SIGNS[tick.side] ?? ''} ${price(tick.price, tick.decimals)}`,
    tone: ({ side }) => (side === 'buy' ? 'up' : side === 'sell' ? 'down' : ''),
  },
  { id: 'quantity', title: 'Qty', align: 'right', text: ({ quantity }) => compact(quantity) },
  {
    id: 'delay',
    title: 'Delay',
    hint: 'From the venue’s time to ours',
    align: 'right',
    text: ({ eventTime, receiveTime }) => `${Date.parse(receiveTime) - Date.parse(eventTime)}ms`,
    tone: () => 'muted',
  },
];

export const SIGNAL_COLUMNS: readonly Column<Signal>[] = [
  {
    id: 'time',
    title: 'Age',
    text: ({ timeMicros }) => shortAge(serverNow() - timeMicros / 1_000),
    hover: ({ timeMicros }) => dateAndTime(timeMicros / 1_000, zone()),
    ages: true,
  },
  {
    id: 'direction',
    title: 'Signal',
    text: ({ direction }) => `${DIRECTION_SIGNS[direction]} ${direction}`,
    tone: ({ direction }) => DIRECTION_TONES[direction],
    hover: ({ reason, note }) => `${reason}${note === '' ? '' : ` (${note})`}`,
  },
  { id: 'price', title: 'Price', align: 'right', text: ({ price: at }) => priceText(at) },
  {
    id: 'strategy',
    title: 'Strategy',
    wraps: true,
    text: ({ strategy }) => strategy,
    paint: paintStrategy,
    hover: ({ reason }) => reason,
  },
];

export const ORDER_COLUMNS: readonly Column<Order>[] = [
  {
    id: 'side',
    title: 'Order',
    text: ({ side, quantity, type }) => `${side} ${quantityText(quantity)} ${type}`,
    tone: ({ side }) => (side === 'buy' ? 'up' : 'down'),
  },
  { id: 'state', title: 'State', text: ({ state }) => state, hover: ({ reason }) => reason },
  { id: 'price', title: 'Avg', align: 'right', text: ({ averagePrice }) => priceText(averagePrice) },
];
