import { printFixed, printUnits, trimZeros } from '../market/decimal.ts';
import type { SimulatedTrade } from '../market/history.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { OrderColumns } from '../market/order-columns.ts';
import type { MessageWriter } from '../stream/broadcaster.ts';

/** A time as the venue writes it; the market's milliseconds, to the microsecond. */
export function isoMicros(ms: number): string {
  return new Date(ms).toISOString().replace('Z', '000Z');
}

/** A product's sequence counts all channels: it rises with holes. */
export function sequenceOf(tradeId: number): number {
  return tradeId * 7 + 3;
}

/** An order's id: made of the trade's, since orders are not part of the market. */
function orderId(tradeId: number, side: 'a' | 'b'): string {
  return `${side}0000000-0000-4000-8000-${tradeId.toString(16).padStart(12, '0')}`;
}

/** The maker's side. */
export function makerSide(isBuyerMaker: boolean): string {
  return isBuyerMaker ? 'buy' : 'sell';
}

/**
 * Writes one product's matches.
 *
 * `{"type":"match","trade_id":280232,"maker_order_id":"..","taker_order_id":"..","side":"sell","size":"985","price":"0.00001305","product_id":"SKL-BTC","sequence":177100030,"time":"2021-04-17T16:43:37.089723Z"}`
 */
export class MatchMessages implements MessageWriter {
  readonly #instrument: SimulatedInstrument;

  constructor(instrument: SimulatedInstrument) {
    this.#instrument = instrument;
  }

  trade(columns: OrderColumns, { row, position }: { row: number; position: number }): string {
    const { priceDecimals, quantityDecimals } = this.#instrument;
    return this.#match('match', {
      id: columns.firstTrade + position,
      price: trimZeros(printUnits(columns.priceTicks[row], priceDecimals)),
      quantity: trimZeros(printUnits(columns.fillUnits[position], quantityDecimals)),
      timeMs: columns.timeMs[row],
      isBuyerMaker: columns.isBuyerMaker[row] === 1,
    });
  }

  /** The trade before a subscription. */
  lastMatch(trade: SimulatedTrade): string {
    const price = trimZeros(trade.price);
    return this.#match('last_match', { ...trade, price, quantity: trimZeros(trade.quantity) });
  }

  heartbeat({ lastTradeId, nowMs }: { lastTradeId: number; nowMs: number }): string {
    const { symbol } = this.#instrument;
    const time = isoMicros(nowMs);
    return `{"type":"heartbeat","last_trade_id":${lastTradeId},"product_id":"${symbol}","sequence":${sequenceOf(lastTradeId) + 1},"time":"${time}"}`;
  }

  ticker(trade: SimulatedTrade): string {
    const { symbol, priceDecimals } = this.#instrument;
    const price = trimZeros(trade.price);
    const best = printFixed(1, priceDecimals);
    const side = makerSide(!trade.isBuyerMaker);
    return `{"type":"ticker","sequence":${sequenceOf(trade.id)},"product_id":"${symbol}","price":"${price}","open_24h":"${price}","volume_24h":"1","low_24h":"${price}","high_24h":"${price}","volume_30d":"1","best_bid":"${best}","best_ask":"${price}","side":"${side}","time":"${isoMicros(trade.timeMs)}","trade_id":${trade.id},"last_size":"${trimZeros(trade.quantity)}"}`;
  }

  #match(type: string, trade: Omit<SimulatedTrade, 'quoteQuantity'>): string {
    const { id, price, quantity, timeMs, isBuyerMaker } = trade;
    const orders = `"maker_order_id":"${orderId(id, 'a')}","taker_order_id":"${orderId(id, 'b')}"`;
    const what = `"side":"${makerSide(isBuyerMaker)}","size":"${quantity}","price":"${price}"`;
    const where = `"product_id":"${this.#instrument.symbol}","sequence":${sequenceOf(id)}`;
    return `{"type":"${type}","trade_id":${id},${orders},${what},${where},"time":"${isoMicros(timeMs)}"}`;
  }
}
