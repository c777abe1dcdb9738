import { Side } from '@tickwright/market';
import type { RejectReason } from '../decoder.ts';
import { isFields, parseJson, positiveDecimal } from '../json/json-value.ts';
import type { Fields } from '../json/json-value.ts';
import { timeMicros } from '../rfc3339.ts';
import type { ParsedTrade } from '../tick-rows.ts';

/** What JSON.parse makes of a frame. */
export type Parsed =
  | { readonly what: 'trade'; readonly trade: ParsedTrade }
  | { readonly what: 'notice'; readonly notice: Pick<ParsedTrade, 'symbol' | 'id' | 'timeMicros'> }
  | { readonly what: 'other'; readonly type: string }
  | { readonly what: 'control' }
  | { readonly what: 'rejected'; readonly reason: RejectReason };

/** The plain way to read a frame: the scanner's judge and its way out. Never throws. */
export function parseFrame(bytes: Buffer): Parsed {
  const frame = parseJson(bytes.toString('utf8'));
  if (frame === undefined) return rejected('malformed');
  if (!isFields(frame)) return rejected('unknownLayout');
  const type = frame['type'];
  if (type === 'match' || type === 'last_match') return parseTrade(frame, frame['product_id']);
  if (type === 'heartbeat') return parseHeartbeat(frame);
  if (type === 'subscriptions' || type === 'error') return { what: 'control' };
  return typeof type === 'string' ? { what: 'other', type } : rejected('unknownLayout');
}

/** A row of /products/<id>/trades. */
export function parseRow(row: unknown, symbol: string): Parsed {
  return isFields(row) ? parseTrade(row, symbol) : rejected('malformed');
}

function parseTrade(fields: Fields, symbol: unknown): Parsed {
  const { price, size, time, trade_id: id } = fields;
  if (typeof symbol !== 'string' || [price, size, time, id].includes(undefined))
    return rejected('missingField');
  const decimal = positiveDecimal(price);
  if (decimal === undefined) return rejected('badPrice');
  const quantity = positiveDecimal(size);
  if (quantity === undefined) return rejected('badQuantity');
  const micros = timeMicros(time);
  if (micros < 0) return rejected('badTime');
  if (!isId(id)) return rejected('badId');
  const side = aggressor(fields['side']);
  return { what: 'trade', trade: { symbol, price: decimal, quantity, timeMicros: micros, id, side } };
}

function parseHeartbeat({ product_id: symbol, last_trade_id: id, time }: Fields): Parsed {
  if (typeof symbol !== 'string' || id === undefined) return rejected('missingField');
  const micros = timeMicros(time);
  if (micros < 0) return rejected('badTime');
  return isId(id) ? { what: 'notice', notice: { symbol, id, timeMicros: micros } } : rejected('badId');
}

/** The venue names the maker's side: when that sold, the aggressor bought. */
function aggressor(makerSide: unknown): ParsedTrade['side'] {
  return makerSide === 'sell' ? Side.buy : makerSide === 'buy' ? Side.sell : Side.unknown;
}

function isId(id: unknown): id is number {
  return typeof id === 'number' && Number.isSafeInteger(id) && id >= 0;
}

function rejected(reason: RejectReason): Parsed {
  return { what: 'rejected', reason };
}
