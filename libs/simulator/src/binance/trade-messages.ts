import { printUnits } from '../market/decimal.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import type { OrderColumns } from '../market/order-columns.ts';
import type { MessageWriter } from '../stream/broadcaster.ts';

/**
 * Writes one instrument's stream messages, with Binance's key order. Text is joined by hand because JSON.stringify costs
 * five times as much (scripts/bench/simulator.ts); what repeats from one message to the next is kept as text.
 *
 * `{"e":"trade","E":1723161255343,"s":"BTCUSDT","t":3735683259,"p":"61837.63000000","q":"0.02000000","T":1723161255342,"m":true,"M":true}`
 */
export class TradeMessages implements MessageWriter {
  readonly #instrument: SimulatedInstrument;
  readonly #symbol: string;
  #timeMs = -1;
  #time = '';
  #eventTime = '';
  #ticks = -1;
  #price = '';

  constructor(instrument: SimulatedInstrument) {
    this.#instrument = instrument;
    this.#symbol = `,"s":"${instrument.symbol}",`;
  }

  /** The message of one fill: `position` counts fills from the columns' first. */
  trade(columns: OrderColumns, at: { row: number; position: number }): string {
    this.#settle(columns, at.row);
    const quantity = printUnits(columns.fillUnits[at.position], this.#instrument.quantityDecimals);
    const head = `{"e":"trade","E":${this.#eventTime}${this.#symbol}"t":${columns.firstTrade + at.position}`;
    return `${head},"p":"${this.#price}","q":"${quantity}","T":${this.#time},"m":${maker(columns, at.row)},"M":true}`;
  }

  /** The message of one row's order. */
  aggTrade(columns: OrderColumns, row: number): string {
    this.#settle(columns, row);
    const first = columns.firstTrade + columns.fillStart[row];
    const last = first + columns.fills[row] - 1;
    const quantity = printUnits(columns.unitsOf(row), this.#instrument.quantityDecimals);
    const head = `{"e":"aggTrade","E":${this.#eventTime}${this.#symbol}"a":${columns.firstOrder + row}`;
    const body = `,"p":"${this.#price}","q":"${quantity}","f":${first},"l":${last}`;
    return `${head}${body},"T":${this.#time},"m":${maker(columns, row)},"M":true}`;
  }

  /** Time and price as text. The event's time is a millisecond after the trade's, as it mostly is at Binance. */
  #settle(columns: OrderColumns, row: number): void {
    const timeMs = columns.timeMs[row];
    if (timeMs !== this.#timeMs) {
      this.#timeMs = timeMs;
      this.#time = String(timeMs);
      this.#eventTime = String(timeMs + 1);
    }
    const ticks = columns.priceTicks[row];
    if (ticks !== this.#ticks) {
      this.#ticks = ticks;
      this.#price = printUnits(ticks, this.#instrument.priceDecimals);
    }
  }
}

function maker(columns: OrderColumns, row: number): string {
  return columns.isBuyerMaker[row] === 1 ? 'true' : 'false';
}
