import { printUnits } from './decimal.ts';
import type { SimulatedInstrument } from './instruments.ts';
import { OrderColumns } from './order-columns.ts';
import { orderOfTrade } from './order-fills.ts';
import { sliceAt, sliceOf } from './slices.ts';

/** A trade as the venue tells it. Prices and quantities are decimals with eight places. */
export interface SimulatedTrade {
  /** Contiguous an instrument, across midnight too. */
  readonly id: number;
  readonly price: string;
  readonly quantity: string;
  /** price * quantity, exact. */
  readonly quoteQuantity: string;
  /** Milliseconds since 1970. */
  readonly timeMs: number;
  /** True when the taker sold. */
  readonly isBuyerMaker: boolean;
}

/** One taker's order: its trades firstId..lastId have its price, time and side, and its quantity together. */
export interface SimulatedAggTrade {
  /** Contiguous an instrument, in a numbering of its own. */
  readonly id: number;
  readonly price: string;
  readonly quantity: string;
  readonly firstId: number;
  readonly lastId: number;
  readonly timeMs: number;
  readonly isBuyerMaker: boolean;
}

/** A part of the history by number: from an id on, at most `limit`, nothing from an order numbered `endOrder` on. */
export interface Page {
  readonly fromId: number;
  readonly limit: number;
  readonly endOrder: number;
}

/** Number of the first order at or after a time. Orders of one instrument never step back in time. */
export function firstOrderAt(instrument: SimulatedInstrument, ms: number): number {
  const slice = sliceAt(instrument, ms);
  const columns = new OrderColumns();
  columns.load(instrument, slice);
  return slice.firstOrder + columns.firstRowAt(ms);
}

/** Id of an order's first trade. */
export function firstTradeOf(instrument: SimulatedInstrument, order: number): number {
  const columns = new OrderColumns();
  columns.load(instrument, sliceOf(instrument, order));
  return columns.firstTrade + columns.fillStart[order - columns.firstOrder];
}

/** Rows [start, end) of a slice's columns; the columns are filled again for the next slice. */
export interface SliceRows {
  readonly columns: OrderColumns;
  readonly start: number;
  readonly end: number;
}

/** The orders from..end-1, slice by slice, oldest first. */
export function* ordersBetween(
  instrument: SimulatedInstrument,
  orders: { from: number; end: number },
): Generator<SliceRows> {
  const columns = new OrderColumns();
  let next = orders.from;
  while (next < orders.end) {
    columns.load(instrument, sliceOf(instrument, next));
    const start = next - columns.firstOrder;
    const end = Math.min(columns.count, orders.end - columns.firstOrder);
    yield { columns, start, end };
    next = columns.firstOrder + end;
  }
}

/** Trades by id, oldest first. */
export function tradesById(instrument: SimulatedInstrument, page: Page): SimulatedTrade[] {
  const trades: SimulatedTrade[] = [];
  const orders = { from: orderOfTrade(instrument, page.fromId), end: page.endOrder };
  for (const { columns, start, end } of ordersBetween(instrument, orders)) {
    for (let row = start; row < end; row++) {
      for (let fill = 0; fill < columns.fills[row]; fill++) {
        if (trades.length === page.limit) return trades;
        const trade = tradeAt(instrument, columns, { row, fill });
        if (trade.id >= page.fromId) trades.push(trade);
      }
    }
  }
  return trades;
}

/** Aggregate trades by id, oldest first. */
export function aggTradesById(instrument: SimulatedInstrument, page: Page): SimulatedAggTrade[] {
  const trades: SimulatedAggTrade[] = [];
  const orders = { from: page.fromId, end: Math.min(page.endOrder, page.fromId + page.limit) };
  for (const { columns, start, end } of ordersBetween(instrument, orders)) {
    for (let row = start; row < end; row++) trades.push(aggTradeAt(instrument, columns, row));
  }
  return trades;
}

/** One fill of one row, as a trade. */
export function tradeAt(
  instrument: SimulatedInstrument,
  columns: OrderColumns,
  at: { row: number; fill: number },
): SimulatedTrade {
  const position = columns.fillStart[at.row] + at.fill;
  const ticks = columns.priceTicks[at.row];
  const units = columns.fillUnits[position];
  return {
    id: columns.firstTrade + position,
    price: printUnits(ticks, instrument.priceDecimals),
    quantity: printUnits(units, instrument.quantityDecimals),
    quoteQuantity: printUnits(ticks * units, instrument.priceDecimals + instrument.quantityDecimals),
    timeMs: columns.timeMs[at.row],
    isBuyerMaker: columns.isBuyerMaker[at.row] === 1,
  };
}

/** One row, as an aggregate trade. */
export function aggTradeAt(
  instrument: SimulatedInstrument,
  columns: OrderColumns,
  row: number,
): SimulatedAggTrade {
  const firstId = columns.firstTrade + columns.fillStart[row];
  return {
    id: columns.firstOrder + row,
    price: printUnits(columns.priceTicks[row], instrument.priceDecimals),
    quantity: printUnits(columns.unitsOf(row), instrument.quantityDecimals),
    firstId,
    lastId: firstId + columns.fills[row] - 1,
    timeMs: columns.timeMs[row],
    isBuyerMaker: columns.isBuyerMaker[row] === 1,
  };
}
