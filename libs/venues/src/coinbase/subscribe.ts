import { isFields, parseJson } from '../json/json-value.ts';
import type { Reply, StreamProtocol } from '../stream/protocol.ts';
import { webSocketUrl } from '../stream/web-socket-url.ts';

export const COINBASE_WS_URL = 'wss://ws-feed.exchange.coinbase.com';

/** `matches` has the trades, `heartbeat` shows which are missing, `ticker` that the product is alive. */
const CHANNELS = ['matches', 'heartbeat', 'ticker'];
/** Room for the full set of 1,000 products on each of the channels. */
const MAX_REPLY_BYTES = 256 * 1024;
const TYPE_KEY = Buffer.from('{"type":"');
const HEARTBEAT = Buffer.from('{"type":"heartbeat"');
const ALIVE: Reply = { type: 'alive' };

/**
 * Subscribing to Coinbase Exchange. Source: docs.cdp.coinbase.com, exchange/websocket-feed. The venue closes a connection
 * that has not subscribed within five seconds; the first request goes out when the connection opens. A reply names no
 * request: it tells all that is subscribed, and a request with one wrong product is refused whole.
 *
 *     {"type":"subscribe","product_ids":["BTC-USD"],"channels":["matches","heartbeat","ticker"]}
 *     {"type":"subscriptions","channels":[{"name":"matches","product_ids":["BTC-USD"]}]}
 *     {"type":"error","message":"Failed to subscribe","reason":"BTC-FOO is not a valid product"}
 */
export const coinbaseProtocol: StreamProtocol = {
  url: (base) => webSocketUrl(base).href,
  subscribe: (_id, symbols) => request('subscribe', symbols),
  unsubscribe: (_id, symbols) => request('unsubscribe', symbols),
  isInTurn: true,
  mayBeReply,
  reply,
};

function request(type: string, symbols: readonly string[]): string {
  return JSON.stringify({ type, product_ids: symbols, channels: CHANNELS });
}

/** Data are `match`, `last_match`, `ticker`, `l2update`; `subscriptions`, `snapshot`, `error` and `heartbeat` are looked at. */
function mayBeReply(bytes: Buffer): boolean {
  if (bytes.compare(TYPE_KEY, 0, TYPE_KEY.length, 0, Math.min(TYPE_KEY.length, bytes.length)) !== 0)
    return true;
  const first = bytes[TYPE_KEY.length];
  return first === 0x73 || first === 0x65 || first === 0x68;
}

function reply(bytes: Buffer): Reply | undefined {
  if (bytes.subarray(0, HEARTBEAT.length).equals(HEARTBEAT)) return ALIVE;
  if (bytes.length > MAX_REPLY_BYTES) return undefined;
  const value = parseJson(bytes.toString('utf8'));
  if (!isFields(value)) return undefined;
  switch (value['type']) {
    case 'subscriptions':
      return { type: 'current', symbols: subscribedProducts(value['channels']) };
    case 'heartbeat':
      return ALIVE;
    case 'error': {
      const said = [value['message'], value['reason']].filter((part) => typeof part === 'string').join(': ');
      // Whatever is not said of a product can pass: too many requests, a slow reader, an authentication service.
      const canRetry = !/product/i.test(said);
      return { type: 'error', id: undefined, reason: said.slice(0, 300), canRetry };
    }
    default:
      return undefined;
  }
}

/** The products whose trades are subscribed. */
function subscribedProducts(channels: unknown): string[] {
  if (!Array.isArray(channels)) return [];
  const matches = channels.filter((channel) => isFields(channel) && channel['name'] === 'matches');
  return matches.flatMap((channel: unknown) => {
    const products = isFields(channel) ? channel['product_ids'] : undefined;
    return Array.isArray(products) ? products.filter((product) => typeof product === 'string') : [];
  });
}
