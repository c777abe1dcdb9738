import { isFields, parseJson } from '../json/json-value.ts';
import type { Fields } from '../json/json-value.ts';
import type { Reply, StreamProtocol } from '../stream/protocol.ts';
import { webSocketUrl } from '../stream/web-socket-url.ts';

export const KRAKEN_WS_URL = 'wss://ws.kraken.com';

const CHANNEL = 'trade';
const MAX_REPLY_BYTES = 64 * 1024;
const CHANNEL_KEY = Buffer.from('{"channel":"');
const HEARTBEAT = Buffer.from('{"channel":"heartbeat"');
const ALIVE: Reply = { type: 'alive' };
/** The engine's states in which nothing trades. */
const CLOSED: ReadonlySet<unknown> = new Set(['maintenance', 'cancel_only', 'post_only']);

/**
 * Subscribing to Kraken spot, WebSocket v2. Source: docs.kraken.com, exchange/api-reference/spot-websocket-v2. Each symbol
 * of a request is answered by itself. The snapshot is asked for: the last 50 trades have their ids, so they are trades,
 * and after a reconnect they often close the gap.
 *
 *     {"method":"subscribe","params":{"channel":"trade","symbol":["BTC/USD"],"snapshot":true},"req_id":1}
 *     {"method":"subscribe","req_id":1,"result":{"channel":"trade","snapshot":true,"symbol":"BTC/USD"},"success":true,..}
 *     {"error":"Currency pair not supported FOO/USD","method":"subscribe","req_id":1,"success":false,"symbol":"FOO/USD",..}
 *     {"channel":"status","type":"update","data":[{"system":"online","api_version":"v2",..}]}
 */
export const krakenProtocol: StreamProtocol = {
  url: streamUrl,
  subscribe: (id, symbols) => request('subscribe', id, { channel: CHANNEL, symbol: symbols, snapshot: true }),
  unsubscribe: (id, symbols) => request('unsubscribe', id, { channel: CHANNEL, symbol: symbols }),
  ping: () => '{"method":"ping"}',
  mayBeReply,
  reply,
};

function streamUrl(base: string): string {
  const url = webSocketUrl(base);
  if (!url.pathname.endsWith('/v2')) url.pathname = `${url.pathname.replace(/\/$/, '')}/v2`;
  return url.href;
}

function request(method: string, id: number, params: object): string {
  return JSON.stringify({ method, params, req_id: id });
}

/** Data begin with their channel; `status` and `heartbeat` are looked at too. */
function mayBeReply(bytes: Buffer): boolean {
  const length = CHANNEL_KEY.length;
  if (bytes.compare(CHANNEL_KEY, 0, length, 0, Math.min(length, bytes.length)) !== 0) return true;
  const first = bytes[length];
  return first === 0x73 || first === 0x68;
}

function reply(bytes: Buffer): Reply | undefined {
  if (bytes.subarray(0, HEARTBEAT.length).equals(HEARTBEAT)) return ALIVE;
  if (bytes.length > MAX_REPLY_BYTES) return undefined;
  const value = parseJson(bytes.toString('utf8'));
  if (!isFields(value)) return undefined;
  if (value['channel'] === 'heartbeat' || value['method'] === 'pong') return ALIVE;
  if (value['channel'] === 'status') return readStatus(value['data']);
  return 'method' in value ? readAnswer(value) : undefined;
}

function readStatus(data: unknown): Reply | undefined {
  const [first] = Array.isArray(data) ? (data as unknown[]) : [];
  const system = isFields(first) ? first['system'] : undefined;
  if (typeof system !== 'string') return undefined;
  return { type: 'status', status: system.slice(0, 40), isOpen: !CLOSED.has(system) };
}

function readAnswer(value: Fields): Reply | undefined {
  const { method, req_id: id, result, error } = value;
  const inner = isFields(result) ? result['symbol'] : undefined;
  const symbol = typeof inner === 'string' ? inner : value['symbol'];
  const named = typeof symbol === 'string' ? { symbols: [symbol] } : {};
  const said = typeof error === 'string' ? error : '';
  const isGranted = value['success'] === true || isSettledAlready(method, said);
  if (typeof id === 'number' && isGranted) return { type: 'acknowledged', id, ...named };
  if (value['success'] !== false && said === '') return undefined;
  const reason = (said === '' ? 'no reason given' : said).slice(0, 300);
  // Whatever is not said of the pair can pass: too many requests, an engine in maintenance.
  const canRetry = !/currency pair|symbol|not supported/i.test(said);
  return { type: 'error', id: typeof id === 'number' ? id : undefined, reason, ...named, canRetry };
}

/** Asked again for what is subscribed, or to end what is not: the answer is an error, and all is as it was asked for. */
function isSettledAlready(method: unknown, error: string): boolean {
  return method === 'unsubscribe'
    ? /not (?:found|subscribed)/i.test(error)
    : /already subscribed/i.test(error);
}
