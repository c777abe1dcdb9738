import { splitKey } from '@tickwright/market';
import type { Instrument, InstrumentKey, InstrumentTable } from '@tickwright/market';
import { InstrumentKeyError } from '../errors.ts';

export const KRAKEN_NAME = 'kraken';
export const KRAKEN_SEGMENT = 'KRAKEN';

/** A WebSocket v2 symbol: base and quote, `BTC/USD`. */
const SYMBOL = /^[A-Z0-9.]{1,16}\/[A-Z0-9.]{1,16}$/;
/** The finest grids that pairs have; what an instrument really uses is for `instrumentDetails` to say. */
const PRICE_DECIMALS = 12;
const QUANTITY_DECIMALS = 10;
/** REST keeps the names that the WebSocket gave up with v2. */
const REST_ASSETS: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };

/** `KRAKEN|BTC/USD`, from its key alone. Throws an InstrumentKeyError. */
export function krakenInstrument(key: InstrumentKey): Instrument {
  const { segment, id } = splitKey(key);
  if (segment !== KRAKEN_SEGMENT) {
    throw new InstrumentKeyError(`"${key}" is no instrument of kraken: its keys begin with KRAKEN|`);
  }
  if (!SYMBOL.test(id)) {
    throw new InstrumentKeyError(
      `"${key}" is no instrument of kraken: "${id}" must be base and quote with a slash, for example BTC/USD`,
    );
  }
  return {
    key,
    segment,
    id,
    venueSymbol: id,
    priceDecimals: PRICE_DECIMALS,
    quantityDecimals: QUANTITY_DECIMALS,
    calendar: 'always',
  };
}

/** What REST calls the symbol: `XBTUSD` for `BTC/USD`. */
export function restPair(venueSymbol: string): string {
  return venueSymbol
    .split('/')
    .map((asset) => REST_ASSETS[asset] ?? asset)
    .join('');
}

/** Finds an instrument's number by what REST calls it. Follows the table: instruments added later are found too. */
export class PairIndex {
  readonly #table: InstrumentTable;
  readonly #numbers = new Map<string, number>();
  #indexed = 0;

  constructor(table: InstrumentTable) {
    this.#table = table;
  }

  /** The number of the instrument, or -1. */
  find(pair: string): number {
    const list = this.#table.list();
    for (; this.#indexed < list.length; this.#indexed++) {
      const { segment, venueSymbol } = list[this.#indexed];
      if (segment === KRAKEN_SEGMENT) this.#numbers.set(restPair(venueSymbol), this.#indexed);
    }
    return this.#numbers.get(pair) ?? -1;
  }
}
