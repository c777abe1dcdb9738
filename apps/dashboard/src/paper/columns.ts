import type { ClosedTrade, Fill, MarkedPosition, Order } from '@tickwright/trading';
import { element, fill } from '../dom/element.ts';
import { decimalTone } from '../format/decimal-sum.ts';
import { money, priceText, quantityText } from '../format/numbers.ts';
import { age, dateAndTime, dateIn, shortAge, timeOfDay } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { instrumentAddress } from '../shell/search.ts';
import { serverNow } from '../shell/server-time.ts';
import type { Column } from '../table/column.ts';

const SIGNED = { sign: 'always' } as const;

/** A time of today, or with its date. */
export function timeText(micros: number): string {
  const ms = micros / 1_000;
  const isToday = dateIn(ms, zone()) === dateIn(serverNow(), zone());
  return isToday ? timeOfDay(ms, zone()) : dateAndTime(ms, zone());
}

export function timeColumn<Row>(micros: (row: Row) => number): Column<Row> {
  return {
    id: 'time',
    title: 'Time',
    text: (row) => timeText(micros(row)),
    hover: (row) => dateAndTime(micros(row) / 1_000, zone()),
    csv: (row) => new Date(micros(row) / 1_000).toISOString(),
  };
}

export function instrumentColumn<Row extends { readonly instrument: string | null }>(): Column<Row> {
  return {
    id: 'instrument',
    title: 'Instrument',
    text: ({ instrument }) => instrument ?? '',
    paint: (cell, { instrument }) => {
      if (instrument === null) fill(cell);
      else
        fill(
          cell,
          element(
            'a',
            { href: instrumentAddress(instrument) },
            instrument.slice(instrument.indexOf('|') + 1),
          ),
        );
    },
    hover: ({ instrument }) => instrument ?? '',
  };
}

export function strategyColumn<Row extends { readonly strategy: string | null }>(): Column<Row> {
  return { id: 'strategy', title: 'Strategy', hides: 3, text: ({ strategy }) => strategy ?? '' };
}

/** With the strategy below it where that has no column: two may hold the same instrument. */
function heldColumn(): Column<MarkedPosition> {
  const column = instrumentColumn<MarkedPosition>();
  return {
    ...column,
    paint: (cell, row) => {
      column.paint?.(cell, row);
      cell.append(element('span', { class: 'narrow-only below' }, row.strategy));
    },
  };
}

/** A long name breaks at its joints. */
export function paintStrategy(cell: HTMLElement, { strategy }: { readonly strategy: string }): void {
  fill(cell, ...strategy.split(/(?<=_)|(?=@)/).flatMap((part) => [element('wbr'), part]));
}

function quantityColumn<Row extends { readonly quantity: string }>(): Column<Row> {
  return {
    id: 'quantity',
    title: 'Qty',
    align: 'right',
    text: ({ quantity }) => quantityText(quantity),
    hover: ({ quantity }) => quantity,
    csv: ({ quantity }) => quantity,
  };
}

const sideTone = ({ side }: { readonly side: string }): 'up' | 'down' => (side === 'buy' ? 'up' : 'down');
const sideText = ({ side }: { readonly side: string }): string => (side === 'buy' ? '▲ buy' : '▼ sell');

export const POSITION_COLUMNS: readonly Column<MarkedPosition>[] = [
  heldColumn(),
  strategyColumn(),
  {
    id: 'quantity',
    title: 'Qty',
    align: 'right',
    text: ({ quantity }) => quantityText(quantity, SIGNED),
    hover: ({ quantity }) => quantity,
    tone: ({ quantity }) => decimalTone(quantity),
    csv: ({ quantity }) => quantity,
  },
  {
    id: 'average',
    title: 'Avg',
    hides: 3,
    align: 'right',
    text: ({ averagePrice }) => priceText(averagePrice),
    csv: ({ averagePrice }) => averagePrice,
  },
  {
    id: 'mark',
    title: 'Mark',
    hides: 3,
    align: 'right',
    text: ({ markPrice }) => priceText(markPrice),
    flashes: true,
    csv: ({ markPrice }) => markPrice,
  },
  {
    id: 'value',
    title: 'Value',
    align: 'right',
    hides: 2,
    text: ({ marketValue }) => money(marketValue),
    csv: ({ marketValue }) => marketValue,
  },
  {
    id: 'unrealized',
    title: 'Unrealized',
    align: 'right',
    text: ({ unrealizedPnl }) => money(unrealizedPnl, SIGNED),
    tone: ({ unrealizedPnl }) => decimalTone(unrealizedPnl),
    csv: ({ unrealizedPnl }) => unrealizedPnl,
  },
  {
    id: 'realized',
    title: 'Realized',
    align: 'right',
    hides: 2,
    text: ({ realizedPnl }) => money(realizedPnl, SIGNED),
    tone: ({ realizedPnl }) => decimalTone(realizedPnl),
    csv: ({ realizedPnl }) => realizedPnl,
  },
  {
    id: 'fees',
    title: 'Fees',
    align: 'right',
    hides: 2,
    text: ({ fees }) => money(fees),
    csv: ({ fees }) => fees,
  },
  {
    id: 'held',
    title: 'Held',
    align: 'right',
    hides: 3,
    text: ({ openedMicros }) => (openedMicros === null ? '' : shortAge(serverNow() - openedMicros / 1_000)),
    ages: true,
    csv: ({ openedMicros }) => (openedMicros === null ? null : new Date(openedMicros / 1_000).toISOString()),
  },
];

export const ORDER_COLUMNS: readonly Column<Order>[] = [
  timeColumn(({ createdMicros }) => createdMicros),
  instrumentColumn(),
  { id: 'side', title: 'Side', text: sideText, tone: sideTone, csv: ({ side }) => side },
  quantityColumn(),
  { id: 'type', title: 'Type', hides: 3, text: ({ type, validity }) => `${type} ${validity}` },
  {
    id: 'price',
    title: 'Price',
    align: 'right',
    hides: 3,
    text: ({ limitPrice, stopPrice, averagePrice }) => priceText(averagePrice ?? limitPrice ?? stopPrice),
    csv: ({ limitPrice, stopPrice, averagePrice }) => averagePrice ?? limitPrice ?? stopPrice,
  },
  {
    id: 'state',
    title: 'State',
    text: ({ state }) => state,
    tone: ({ state }) => (state === 'rejected' ? 'bad' : state === 'working' ? '' : 'muted'),
  },
  {
    id: 'reason',
    title: 'Reason',
    hides: 2,
    wraps: true,
    text: ({ reason }) => reason,
    hover: ({ code, reason }) => `${code}: ${reason}`,
    tone: () => 'muted',
  },
  strategyColumn(),
];

export const FILL_COLUMNS: readonly Column<Fill>[] = [
  timeColumn(({ timeMicros }) => timeMicros),
  instrumentColumn(),
  { id: 'side', title: 'Side', text: sideText, tone: sideTone, csv: ({ side }) => side },
  quantityColumn(),
  {
    id: 'price',
    title: 'Price',
    align: 'right',
    text: ({ price }) => priceText(price),
    csv: ({ price }) => price,
  },
  {
    id: 'value',
    title: 'Value',
    align: 'right',
    hides: 3,
    text: ({ value }) => money(value),
    csv: ({ value }) => value,
  },
  {
    id: 'fees',
    title: 'Fees',
    align: 'right',
    hides: 3,
    text: ({ fees }) => money(fees),
    csv: ({ fees }) => fees,
  },
  {
    id: 'slippage',
    title: 'Slip',
    hint: 'How much worse than the market’s price',
    align: 'right',
    hides: 2,
    text: ({ slippage }) => priceText(slippage),
    csv: ({ slippage }) => slippage,
  },
  strategyColumn(),
];

export const TRADE_COLUMNS: readonly Column<ClosedTrade>[] = [
  timeColumn(({ exitMicros }) => exitMicros),
  instrumentColumn(),
  {
    id: 'direction',
    title: 'Side',
    text: ({ direction }) => (direction === 'long' ? '▲ long' : '▼ short'),
    tone: ({ direction }) => (direction === 'long' ? 'up' : 'down'),
    csv: ({ direction }) => direction,
  },
  { ...quantityColumn<ClosedTrade>(), hides: 3 },
  {
    id: 'entry',
    title: 'Entry',
    align: 'right',
    hides: 3,
    text: ({ entryPrice }) => priceText(entryPrice),
    csv: ({ entryPrice }) => entryPrice,
  },
  {
    id: 'exit',
    title: 'Exit',
    align: 'right',
    hides: 3,
    text: ({ exitPrice }) => priceText(exitPrice),
    csv: ({ exitPrice }) => exitPrice,
  },
  {
    id: 'fees',
    title: 'Fees',
    align: 'right',
    hides: 2,
    text: ({ fees }) => money(fees),
    csv: ({ fees }) => fees,
  },
  {
    id: 'net',
    title: 'Net P&L',
    align: 'right',
    text: ({ netPnl }) => money(netPnl, SIGNED),
    tone: ({ netPnl }) => decimalTone(netPnl),
    csv: ({ netPnl }) => netPnl,
  },
  {
    id: 'held',
    title: 'Held',
    align: 'right',
    hides: 2,
    text: ({ entryMicros, exitMicros }) => age((exitMicros - entryMicros) / 1_000),
    csv: ({ entryMicros, exitMicros }) => (exitMicros - entryMicros) / 1_000_000,
  },
  strategyColumn(),
];
