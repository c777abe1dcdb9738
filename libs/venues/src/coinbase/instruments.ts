import { splitKey } from '@tickwright/market';
import type { Instrument, InstrumentKey } from '@tickwright/market';
import { InstrumentKeyError } from '../errors.ts';

export const COINBASE_NAME = 'coinbase';
export const COINBASE_SEGMENT = 'COINBASE';

/** A product id: a base and a quote currency, `BTC-USD`. */
const PRODUCT = /^[A-Z0-9]{1,16}(?:-[A-Z0-9]{1,16}){1,3}$/;
/** The finest increments that products have; what an instrument really uses is for `instrumentDetails` to say. */
const PRICE_DECIMALS = 12;
const QUANTITY_DECIMALS = 8;

/** `COINBASE|BTC-USD`, from its key alone. Throws an InstrumentKeyError. */
export function coinbaseInstrument(key: InstrumentKey): Instrument {
  const { segment, id } = splitKey(key);
  if (segment !== COINBASE_SEGMENT) {
    throw new InstrumentKeyError(`"${key}" is no instrument of coinbase: its keys begin with COINBASE|`);
  }
  if (!PRODUCT.test(id)) {
    throw new InstrumentKeyError(
      `"${key}" is no instrument of coinbase: "${id}" must be a product id, for example BTC-USD`,
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
