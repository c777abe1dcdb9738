import { splitKey } from '@tickwright/market';
import type { Instrument, InstrumentKey } from '@tickwright/market';
import { InstrumentKeyError } from '../errors.ts';

/** Binance says what a symbol may be in its own error -1100: legal range is ^[A-Z0-9-_.]{1,20}$. */
const SYMBOL = /^[A-Z0-9_.-]{1,20}$/;
/** The venue's prices and quantities have at most eight decimals, in every market. */
const DECIMALS = 8;

/** An instrument of a venue that speaks Binance's protocol, from its key alone. Throws an InstrumentKeyError. */
export function binanceInstrument(key: InstrumentKey, venue: { name: string; segment: string }): Instrument {
  const { segment, id } = splitKey(key);
  if (segment !== venue.segment) {
    throw new InstrumentKeyError(
      `"${key}" is no instrument of ${venue.name}: its keys begin with ${venue.segment}|`,
    );
  }
  if (!SYMBOL.test(id)) {
    throw new InstrumentKeyError(
      `"${key}" is no instrument of ${venue.name}: "${id}" must be 1 to 20 of A-Z 0-9 _ . -, for example BTCUSDT`,
    );
  }
  return {
    key,
    segment,
    id,
    venueSymbol: id,
    priceDecimals: DECIMALS,
    quantityDecimals: DECIMALS,
    calendar: 'always',
  };
}
