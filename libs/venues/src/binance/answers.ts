import type { Instrument } from '@tickwright/market';
import { VenueAnswerError } from '../errors.ts';
import type { InstrumentDetails, VenueCandle } from '../history.ts';
import { isFields } from '../json/json-value.ts';
import { venueTimeMicros } from './parse.ts';

/** `[openTime, open, high, low, close, volume, closeTime, quoteVolume, trades, ..]`; the last may still be forming. */
export function readCandles(
  rows: readonly unknown[],
  options: { path: string; nowMicros: number },
): VenueCandle[] {
  return rows.map((row) => {
    const candle = Array.isArray(row) ? readCandle(row, options.nowMicros) : undefined;
    if (candle !== undefined) return candle;
    throw new VenueAnswerError(`GET ${options.path}: not a candle: ${JSON.stringify(row)?.slice(0, 200)}`);
  });
}

function readCandle(row: readonly unknown[], nowMicros: number): VenueCandle | undefined {
  const [openTime, open, high, low, close, volume, closeTime, , trades] = row;
  if (typeof openTime !== 'number' || typeof closeTime !== 'number' || typeof volume !== 'string')
    return undefined;
  const openTimeMicros = venueTimeMicros(openTime);
  // The venue's close time is the last moment within, ours the first one after.
  const closeTimeMicros = venueTimeMicros(closeTime + 1);
  const prices = [open, high, low, close].map(Number);
  const candle = {
    openTimeMicros,
    closeTimeMicros,
    open: prices[0],
    high: prices[1],
    low: prices[2],
    close: prices[3],
    volumeText: volume,
    volume: Number(volume),
    tradeCount: Number(trades),
    isClosed: closeTimeMicros <= nowMicros,
  };
  const arePrices = prices.every((price) => price > 0 && price < Infinity);
  const isWhole =
    openTimeMicros >= 0 && closeTimeMicros > openTimeMicros && Number.isInteger(candle.tradeCount);
  return arePrices && isWhole && candle.volume >= 0 && candle.volume < Infinity ? candle : undefined;
}

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
