import { printStep, printUnits } from '../market/decimal.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';

const MAX_UNITS = 10 ** 12;

/** The answer to /api/v3/exchangeInfo, with the fields that a client of market data reads. */
export function exchangeInfo(
  instruments: readonly SimulatedInstrument[],
  venue: { nowMs: number; weightLimit: number },
): object {
  return {
    timezone: 'UTC',
    serverTime: venue.nowMs,
    rateLimits: [
      { rateLimitType: 'REQUEST_WEIGHT', interval: 'MINUTE', intervalNum: 1, limit: venue.weightLimit },
    ],
    exchangeFilters: [],
    symbols: instruments.map(symbolInfo),
  };
}

function symbolInfo(instrument: SimulatedInstrument): object {
  const { symbol, priceDecimals, quantityDecimals } = instrument;
  return {
    symbol,
    status: 'TRADING',
    baseAsset: symbol,
    baseAssetPrecision: 8,
    quoteAsset: 'USD',
    quotePrecision: 8,
    quoteAssetPrecision: 8,
    orderTypes: ['LIMIT', 'MARKET'],
    isSpotTradingAllowed: true,
    isMarginTradingAllowed: false,
    filters: [
      {
        filterType: 'PRICE_FILTER',
        minPrice: printStep(priceDecimals),
        maxPrice: printUnits(MAX_UNITS, priceDecimals),
        tickSize: printStep(priceDecimals),
      },
      {
        filterType: 'LOT_SIZE',
        minQty: printStep(quantityDecimals),
        maxQty: printUnits(MAX_UNITS, quantityDecimals),
        stepSize: printStep(quantityDecimals),
      },
    ],
    permissions: ['SPOT'],
  };
}
