import { printFixed } from '../market/decimal.ts';
import type { SimulatedTrade } from '../market/history.ts';
import { firstOrderAt, firstTradeOf } from '../market/history.ts';
import type { SimulatedInstrument } from '../market/instruments.ts';
import { klineOpenMs } from '../market/kline-interval.ts';
import { foldKlines, newestTradeId, tradesBetween } from '../market/newest.ts';
import type { RestDialect, RestReply } from '../rest/venue-rest.ts';

const MAX_TRADES = 1_000;
const KEPT_CANDLES = 720;
const NANOS_A_MS = 1_000_000n;
const INTERVALS: Readonly<Record<string, string>> = {
  '1': '1m',
  '5': '5m',
  '15': '15m',
  '30': '30m',
  '60': '1h',
  '240': '4h',
  '1440': '1d',
};
const OLD_ASSETS: Readonly<Record<string, string>> = { BTC: 'XBT', DOGE: 'XDG' };

/** Kraken's public REST. Whatever is wrong is told in `error`, with HTTP 200. */
export function krakenRest(instruments: readonly SimulatedInstrument[]): RestDialect {
  const byPair = new Map(instruments.map((each) => [altName(each), each]));
  return {
    errorBody: (message) => JSON.stringify({ error: [`EGeneral:${message}`] }),
    tooMany: () => refuse('EGeneral:Too many requests'),
    answer(url, nowMs) {
      const { pathname, searchParams: query } = url;
      const names = (query.get('pair') ?? '').split(',');
      const found = names.map((name) => byPair.get(name)).filter((each) => each !== undefined);
      const [instrument] = found;
      if (instrument === undefined || found.length !== names.length)
        return refuse('EQuery:Unknown asset pair');
      if (pathname === '/0/public/Trades') return trades(instrument, query, nowMs);
      if (pathname === '/0/public/OHLC') return candles(instrument, query, nowMs);
      if (pathname === '/0/public/AssetPairs') return good(JSON.stringify(pairs(found)));
      return refuse('EGeneral:Unknown method');
    },
  };
}

function altName({ symbol }: SimulatedInstrument): string {
  return assetsOf(symbol).join('');
}

function assetsOf(symbol: string): string[] {
  return symbol.split('/').map((asset) => OLD_ASSETS[asset] ?? asset);
}

/** What the answer calls the pair: not what it was asked by. */
function resultKey({ symbol }: SimulatedInstrument): string {
  const [base = '', quote = ''] = assetsOf(symbol);
  return `X${base}Z${quote}`;
}

/** Later than `since` nanoseconds, oldest first; the newest without it. All trades of a millisecond have one time. */
function trades(instrument: SimulatedInstrument, query: URLSearchParams, nowMs: number): RestReply {
  const count = Math.min(Number(query.get('count') ?? MAX_TRADES), MAX_TRADES);
  const since = query.get('since');
  if (!(count >= 1) || (since !== null && !/^\d{1,20}$/.test(since)))
    return refuse('EGeneral:Invalid arguments');
  const newest = newestTradeId(instrument, nowMs);
  const fromMs = since === null ? 0 : Number(BigInt(since) / NANOS_A_MS) + 1;
  const fromId =
    since === null
      ? newest - count + 1
      : firstTradeOf(instrument, firstOrderAt(instrument, Math.min(fromMs, nowMs + 1)));
  const page = tradesBetween(instrument, { fromId, toId: Math.min(newest, fromId + count - 1) });
  const lastMs = page.at(-1)?.timeMs;
  const last = lastMs === undefined ? (since ?? '0') : String(BigInt(lastMs) * NANOS_A_MS);
  const rows = page.map((trade) => `[${tradeRow(trade)}]`).join(',');
  return good(`{"${resultKey(instrument)}":[${rows}],"last":"${last}"}`);
}

function tradeRow({ price, quantity, timeMs, isBuyerMaker, id }: SimulatedTrade): string {
  const time = printFixed(timeMs, 3);
  return `"${price}","${quantity}",${time},"${isBuyerMaker ? 's' : 'b'}","m","",${id}`;
}

/** The last 720, of which the last is not committed; a flat row where nothing traded. */
async function candles(
  instrument: SimulatedInstrument,
  query: URLSearchParams,
  nowMs: number,
): Promise<RestReply> {
  const interval = INTERVALS[query.get('interval') ?? '1'];
  const since = Number(query.get('since') ?? 0);
  if (interval === undefined || !Number.isSafeInteger(since)) return refuse('EGeneral:Invalid arguments');
  const lengthMs = Number(query.get('interval') ?? '1') * 60_000;
  const lastOpenMs = klineOpenMs(interval, nowMs);
  const kept = lastOpenMs - (KEPT_CANDLES - 1) * lengthMs;
  const asked = klineOpenMs(interval, since * 1_000) + lengthMs;
  const firstOpenMs = Math.max(kept, asked);
  const range = { interval, firstOpenMs, lastOpenMs, limit: KEPT_CANDLES, nowMs };
  const rows = (await foldKlines(instrument, range)).map((kline) => {
    const { openMs, open, high, low, close, volume, tradeCount } = kline;
    const texts = [open, high, low, close, close, volume].map((text) => `"${text}"`);
    return `[${openMs / 1000},${texts.join(',')},${tradeCount}]`;
  });
  const last = (lastOpenMs - lengthMs) / 1000;
  return good(`{"${resultKey(instrument)}":[${rows.join(',')}],"last":${last}}`);
}

function pairs(instruments: readonly SimulatedInstrument[]): object {
  return Object.fromEntries(
    instruments.map((instrument) => [
      resultKey(instrument),
      {
        altname: altName(instrument),
        wsname: assetsOf(instrument.symbol).join('/'),
        pair_decimals: instrument.priceDecimals,
        lot_decimals: instrument.quantityDecimals,
        tick_size: printFixed(1, instrument.priceDecimals),
        status: 'online',
      },
    ]),
  );
}

function good(result: string): RestReply {
  return { status: 200, body: `{"error":[],"result":${result}}` };
}

function refuse(error: string): RestReply {
  return { status: 200, body: JSON.stringify({ error: [error] }) };
}
