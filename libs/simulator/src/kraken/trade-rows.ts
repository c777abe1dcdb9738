import { printFixed } from '../market/decimal.ts';
import type { SimulatedTrade } from '../market/history.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { OrderColumns } from '../market/order-columns.ts';
import type { MessageWriter } from '../stream/broadcaster.ts';

/**
 * Writes one symbol's messages: an order's trades are one message. Prices and quantities are JSON numbers with the
 * instrument's decimals.
 *
 * `{"channel":"trade","type":"update","data":[{"symbol":"BTC/USD","side":"buy","price":77313.3,"qty":0.0084064,"ord_type":"limit","trade_id":107612614,"timestamp":"2026-09-13T20:52:59.976634Z"}]}`
 */
export class TradeRows implements MessageWriter {
  readonly #instrument: SimulatedInstrument;

  constructor(instrument: SimulatedInstrument) {
    this.#instrument = instrument;
  }

  trade(columns: OrderColumns, { row, position }: { row: number; position: number }): string {
    return this.order(columns, { row, positions: [position] });
  }

  order(columns: OrderColumns, { row, positions }: { row: number; positions: readonly number[] }): string {
    const { priceDecimals, quantityDecimals } = this.#instrument;
    const common = {
      price: printFixed(columns.priceTicks[row], priceDecimals),
      timeMs: columns.timeMs[row],
      isBuyerMaker: columns.isBuyerMaker[row] === 1,
    };
    const rows = positions.map((position) => {
      const quantity = printFixed(columns.fillUnits[position], quantityDecimals);
      return this.#row({ ...common, quantity, id: columns.firstTrade + position });
    });
    return message('update', rows);
  }

  /** The trades before a subscription, oldest first. */
  snapshot(trades: readonly SimulatedTrade[]): string {
    const { priceDecimals, quantityDecimals } = this.#instrument;
    // The market prints eight decimals.
    const rows = trades.map((trade) =>
      this.#row({
        ...trade,
        price: trade.price.slice(0, trade.price.length - 8 + priceDecimals),
        quantity: trade.quantity.slice(0, trade.quantity.length - 8 + quantityDecimals),
      }),
    );
    return message('snapshot', rows);
  }

  #row({ id, price, quantity, timeMs, isBuyerMaker }: Omit<SimulatedTrade, 'quoteQuantity'>): string {
    const side = isBuyerMaker ? 'sell' : 'buy';
    const time = new Date(timeMs).toISOString().replace('Z', '000Z');
    return `{"symbol":"${this.#instrument.symbol}","side":"${side}","price":${price},"qty":${quantity},"ord_type":"market","trade_id":${id},"timestamp":"${time}"}`;
  }
}

function message(type: string, rows: readonly string[]): string {
  return `{"channel":"trade","type":"${type}","data":[${rows.join(',')}]}`;
}
