import type { Route } from '@tickwright/http';
import type { MarketFixture } from './market-fixture.ts';
import type { Situation } from './pages-server.ts';

/** What the ingestor answers through the runner. */
export function ingestorRoutes(market: MarketFixture, _situation: Situation): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/ingestor/instruments',
      summary: 'Instruments',
      handler: async () =>
        market.rows.map(({ symbol, last_price_ts }) => ({
          key: symbol,
          venueSymbol: symbol.slice(symbol.indexOf('|') + 1),
          priceDecimals: 2,
          calendar: 'nse',
          lastTickTime: last_price_ts,
        })),
    },
  ];
}
