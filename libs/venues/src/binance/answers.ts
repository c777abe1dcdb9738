import type { Instrument } from '@tickwright/market';
import { VenueAnswerError } from '../errors.ts';
import type { InstrumentDetails } from '../history.ts';
import { isFields } from '../json/json-value.ts';

/** What /exchangeInfo says of the instruments asked for. */
export function readDetails(
  answer: unknown,
  options: { path: string; instruments: readonly Instrument[] },
): InstrumentDetails[] {
  const symbols = isFields(answer) && Array.isArray(answer['symbols']) ? answer['symbols'] : [];
  return options.instruments.map((instrument) => {
    const found = symbols.find((one) => isFields(one) && one['symbol'] === instrument.venueSymbol);
    if (!isFields(found)) {
      throw new VenueAnswerError(
        `GET ${options.path}: the answer does not tell of ${instrument.venueSymbol}`,
      );
    }
    const filters = Array.isArray(found['filters']) ? found['filters'] : [];
    const tickSize = filterText(filters, { type: 'PRICE_FILTER', field: 'tickSize' });
    const stepSize = filterText(filters, { type: 'LOT_SIZE', field: 'stepSize' });
    return {
      instrument: instrument.key,
      venueSymbol: instrument.venueSymbol,
      isTrading: found['status'] === 'TRADING',
      priceDecimals: decimalsOf(tickSize) ?? instrument.priceDecimals,
      quantityDecimals: decimalsOf(stepSize) ?? instrument.quantityDecimals,
      tickSize,
      stepSize,
    };
  });
}

function filterText(filters: readonly unknown[], wanted: { type: string; field: string }): string {
  const filter = filters.find((one) => isFields(one) && one['filterType'] === wanted.type);
  const value = isFields(filter) ? filter[wanted.field] : undefined;
  return typeof value === 'string' ? value : '';
}

/** `0.01000000` has two; undefined where the venue sets no grid (all zeros) or says nothing. */
export function decimalsOf(step: string): number | undefined {
  const match = /^\d+(?:\.(\d*?)0*)?$/.exec(step);
  if (match === null || Number(step) === 0) return undefined;
  return match[1]?.length ?? 0;
}
