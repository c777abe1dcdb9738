import { printFixed, trimZeros } from '../market/decimal.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import { klineOpenMs } from '../market/kline-interval.ts';
import { foldKlines, newestTradeId, tradesBetween } from '../market/newest.ts';
import type { RestDialect, RestReply } from '../rest/venue-rest.ts';
import { isoMicros, makerSide } from './match-messages.ts';

const MAX_TRADES = 1_000;
const MAX_CANDLES = 300;
const INTERVALS: Readonly<Record<string, string>> = {
  '60': '1m',
  '300': '5m',
  '900': '15m',
  '3600': '1h',
  '21600': '6h',
  '86400': '1d',
};
const ROUTE = /^\/products\/([^/]+)(?:\/(trades|candles))?$/;

/** Coinbase Exchange's market data. */
export function coinbaseRest(instruments: ReadonlyMap<string, SimulatedInstrument>): RestDialect {
  return {
    errorBody: (message) => JSON.stringify({ message }),
    tooMany: () => refuse(429, 'Public rate limit exceeded', { 'Retry-After': '1' }),
    answer(url, nowMs) {
      const [, product = '', what = ''] = ROUTE.exec(url.pathname) ?? [];
      const instrument = instruments.get(product);
      if (instrument === undefined) return refuse(404, 'NotFound');
      if (what === 'trades') return trades(instrument, url.searchParams, nowMs);
      if (what === 'candles') return candles(instrument, url.searchParams, nowMs);
      return { status: 200, body: JSON.stringify(describe(instrument)) };
    },
  };
}

/** Newest first; `after` an id are the older ones, and `before` it is the newest page of those above. */
function trades(instrument: SimulatedInstrument, query: URLSearchParams, nowMs: number): RestReply {
  const limit = Math.min(Number(query.get('limit') ?? MAX_TRADES), MAX_TRADES);
  const after = query.get('after');
  const before = query.get('before');
  if (
    ![limit, Number(after ?? 1), Number(before ?? 1)].every((each) => Number.isSafeInteger(each) && each >= 0)
  ) {
    return refuse(400, 'invalid pagination');
  }
  const newest = newestTradeId(instrument, nowMs);
  const toId = after === null ? newest : Math.min(newest, Number(after) - 1);
  const lowest = before === null ? 0 : Number(before) + 1;
  const page = tradesBetween(instrument, { fromId: Math.max(lowest, toId - limit + 1), toId }).toReversed();
  const rows = page.map((trade) => ({
    time: isoMicros(trade.timeMs),
    trade_id: trade.id,
    price: trade.price,
    size: trade.quantity,
    side: makerSide(trade.isBuyerMaker),
  }));
  const [first] = page;
  const last = page.at(-1);
  const cursors =
    first === undefined || last === undefined
      ? {}
      : { 'CB-BEFORE': String(first.id), 'CB-AFTER': String(last.id) };
  return { status: 200, body: JSON.stringify(rows), headers: cursors };
}

/** Newest first, none for a time without a trade, and one before the start, as the venue sometimes has it. */
async function candles(
  instrument: SimulatedInstrument,
  query: URLSearchParams,
  nowMs: number,
): Promise<RestReply> {
  const granularity = query.get('granularity') ?? '60';
  const interval = INTERVALS[granularity];
  if (interval === undefined) return refuse(400, 'Unsupported granularity');
  const lengthMs = Number(granularity) * 1_000;
  const endMs = Date.parse(query.get('end') ?? new Date(nowMs).toISOString());
  const startMs = Date.parse(query.get('start') ?? new Date(endMs - MAX_CANDLES * lengthMs).toISOString());
  if (!(startMs <= endMs)) return refuse(400, 'start must be before end');
  if ((endMs - startMs) / lengthMs > MAX_CANDLES) {
    return refuse(
      400,
      'granularity too small for the requested time range. Count of aggregations requested exceeds 300',
    );
  }
  const firstOpenMs = Math.max(0, klineOpenMs(interval, startMs) - lengthMs);
  const range = { interval, firstOpenMs, lastOpenMs: endMs, limit: MAX_CANDLES + 2, nowMs };
  const rows = (await foldKlines(instrument, range))
    .filter(({ tradeCount }) => tradeCount > 0)
    .map(({ openMs, low, high, open, close, volume }) =>
      [openMs / 1000, ...[low, high, open, close, volume].map(trimZeros)].join(','),
    );
  return {
    status: 200,
    body: `[${rows
      .toReversed()
      .map((row) => `[${row}]`)
      .join(',')}]`,
  };
}

function describe({ symbol, priceDecimals, quantityDecimals }: SimulatedInstrument): object {
  const [base, quote = 'USD'] = symbol.split('-');
  return {
    id: symbol,
    base_currency: base,
    quote_currency: quote,
    quote_increment: printFixed(1, priceDecimals),
    base_increment: printFixed(1, quantityDecimals),
    display_name: `${base}/${quote}`,
    status: 'online',
    status_message: '',
    trading_disabled: false,
  };
}

function refuse(status: number, message: string, headers: Readonly<Record<string, string>> = {}): RestReply {
  return { status, body: JSON.stringify({ message }), headers };
}
