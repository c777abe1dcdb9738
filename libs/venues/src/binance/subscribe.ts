import type { StreamKind } from '../decoder.ts';
import { isFields, parseJson } from '../json/json-value.ts';
import type { Reply, StreamProtocol } from '../stream/protocol.ts';
import { webSocketUrl } from '../stream/web-socket-url.ts';

/** Binance's market data only address: no account, no keys. */
export const BINANCE_WS_URL = 'wss://data-stream.binance.vision';

/** The shortest trade has some 130 bytes, the longest acknowledgement and shutdown notice under this. */
const SHORT_BYTES = 100;
const MAX_REPLY_BYTES = 64 * 1024;

/**
 * Subscribing to Binance spot. Source: binance-spot-api-docs, web-socket-streams.md.
 *
 *     {"method":"SUBSCRIBE","params":["btcusdt@trade"],"id":1}   ->   {"result":null,"id":1}
 *     {"code":2,"msg":"Invalid request: ...","id":1}
 *     {"stream":"!serverShutdown","data":{"e":"serverShutdown","E":1723161255343}}
 */
export const binanceProtocol: StreamProtocol = {
  url: streamUrl,
  subscribe: (id, symbols, kind) => request('SUBSCRIBE', { id, symbols, kind }),
  unsubscribe: (id, symbols, kind) => request('UNSUBSCRIBE', { id, symbols, kind }),
  mayBeReply,
  reply,
};

/** Combined streams, so that each frame names its own; a base that already ends in /stream or /ws is kept. */
function streamUrl(base: string): string {
  const url = webSocketUrl(base);
  const path = url.pathname.replace(/\/$/, '');
  url.pathname = /\/(?:stream|ws)$/.test(path) ? path : `${path}/stream`;
  return url.href;
}

function request(
  method: string,
  options: { id: number; symbols: readonly string[]; kind: StreamKind },
): string {
  const params = options.symbols.map((symbol) => `${symbol.toLowerCase()}@${options.kind}`);
  return JSON.stringify({ method, params, id: options.id });
}

/** Data frames begin `{"stream":"b`, `{"data":{"e` or `{"e":"`; a notice in the envelope `{"stream":"!`. */
function mayBeReply(bytes: Buffer): boolean {
  if (bytes.length <= SHORT_BYTES) return true;
  const first = bytes[2];
  if (first === 0x73) return bytes[11] === 0x21;
  if (first === 0x64) return false;
  if (first === 0x65) return bytes[3] !== 0x22;
  // result, code, id, msg
  return first === 0x72 || first === 0x63 || first === 0x69 || first === 0x6d;
}

function reply(bytes: Buffer): Reply | undefined {
  if (bytes.length > MAX_REPLY_BYTES) return undefined;
  const value = parseJson(bytes.toString('utf8'));
  if (!isFields(value)) return undefined;
  const inner = value['data'];
  const type = isFields(inner) ? inner['e'] : value['e'];
  if (type === 'serverShutdown') return { type: 'shutdown' };
  if (type !== undefined) return undefined;
  const id = typeof value['id'] === 'number' ? value['id'] : undefined;
  const error = isFields(value['error']) ? value['error'] : value;
  if ('code' in error && 'msg' in error) {
    return {
      type: 'error',
      id,
      reason: `${String(error['msg'])} (code ${String(error['code'])})`.slice(0, 300),
    };
  }
  return 'result' in value && id !== undefined ? { type: 'acknowledged', id } : undefined;
}
