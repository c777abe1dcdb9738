import { VenueAddressError, VenueAnswerError, VenueUnreachableError } from '../errors.ts';
import { HISTORY_LIMITS } from '../history.ts';
import { isFields, parseJson } from '../json/json-value.ts';
import { RestClient } from '../rest-client.ts';
import type { RestAnswer } from '../rest-client.ts';
import type { Address } from '../stream/connection.ts';
import type { Reply, StreamProtocol } from '../stream/protocol.ts';
import { ReconnectingStream } from '../stream/stream.ts';
import type { Stream, StreamOptions } from '../venue.ts';
import { accessOf } from './access.ts';
import type { UpstoxAccess } from './access.ts';
import { refusalIn } from './answers.ts';
import { UPSTOX_REST_URL } from './history.ts';
import { streamLimits } from './limits.ts';
import type { UpstoxMode } from './limits.ts';
import { FeedType, parseFeed, segmentStatuses } from './parse.ts';
import { scanKeys } from './scan.ts';

export const UPSTOX_WS_URL = 'wss://api.upstox.com';
const FEED_PATH = '/v3/feed/market-data-feed';
const AUTHORIZE_PATH = `${FEED_PATH}/authorize`;
/** An error's text; a frame of the feed begins with a tag. */
const BRACE = 0x7b;
const MAX_REPLY_BYTES = 64 * 1024;
/** Segments trade, or are about to, in these. */
const OPEN_STATUSES: ReadonlySet<string> = new Set([
  'PRE_OPEN_START',
  'PRE_OPEN_END',
  'NORMAL_OPEN',
  'CLOSING_START',
]);

/**
 * Subscribing to the Market Data Feed V3. Requests are JSON in binary messages and are not answered: an instrument is
 * confirmed by the first feed that tells of it, its snapshot. Errors come as JSON text. Source: Upstox, Market Data Feed V3.
 *
 *     {"guid":"7","method":"sub","data":{"mode":"full","instrumentKeys":["NSE_EQ|INE002A01018"]}}
 */
export function upstoxProtocol(mode: UpstoxMode): StreamProtocol {
  return {
    url: feedUrl,
    subscribe: (id, keys) => request({ id, method: 'sub', data: { mode, instrumentKeys: keys } }),
    unsubscribe: (id, keys) => request({ id, method: 'unsub', data: { instrumentKeys: keys } }),
    mayBeReply: (bytes) => bytes[0] === BRACE || isMarketInfo(bytes),
    reply,
    confirmedBy: scanKeys,
  };
}

function request(fields: { id: number; method: string; data: object }): Uint8Array {
  const { id, method, data } = fields;
  return Buffer.from(JSON.stringify({ guid: String(id), method, data }));
}

function feedUrl(base: string): string {
  const url = URL.canParse(base) ? new URL(base) : undefined;
  if (url?.protocol !== 'ws:' && url?.protocol !== 'wss:') {
    throw new VenueAddressError(`"${base}" is no WebSocket address: expected wss://host[:port]`);
  }
  const path = url.pathname.replace(/\/+$/, '');
  url.pathname = path.endsWith(FEED_PATH) ? path : `${path}${FEED_PATH}`;
  return url.href;
}

/** Field 1, type, at its third value: an encoder writes it first. */
function isMarketInfo(bytes: Buffer): boolean {
  return bytes[0] === 0x08 && bytes[1] === FeedType.marketInfo;
}

function reply(bytes: Buffer): Reply | undefined {
  if (bytes[0] !== BRACE) return status(bytes);
  if (bytes.length > MAX_REPLY_BYTES) return undefined;
  const value = parseJson(bytes.toString('utf8'));
  if (!isFields(value)) return undefined;
  const guid = Number(value['guid'] ?? Number.NaN);
  const reason = refusalIn(value) ?? bytes.toString('utf8', 0, 200);
  return { type: 'error', id: Number.isInteger(guid) ? guid : undefined, reason };
}

/** The venue says which of its segments trade. */
function status(bytes: Buffer): Reply | undefined {
  const feed = parseFeed(bytes);
  if (feed === undefined) return undefined;
  const statuses = segmentStatuses(feed);
  const isOpen = [...statuses.values()].some((one) => OPEN_STATUSES.has(one));
  const told = [...statuses].map(([segment, one]) => `${segment} ${one}`);
  return { type: 'status', status: told.join(', ').slice(0, 500), isOpen };
}

/** A stream of one mode: one mode a connection, so that the limits of each alone hold. */
export function upstoxStream(options: StreamOptions): Stream {
  const { mode = 'full', plan = 'normal', wsUrl, restUrl = UPSTOX_REST_URL, tokens, clock } = options;
  const access = accessOf(tokens, clock);
  const protocol = upstoxProtocol(mode);
  const url = wsUrl ?? UPSTOX_WS_URL;
  const client = new RestClient(restUrl, { clock, limits: HISTORY_LIMITS, headers: () => access.headers() });
  return new ReconnectingStream(options, {
    protocol,
    url,
    // The redirect where an address is given, else a single-use address for every connection.
    address:
      wsUrl === undefined
        ? (signal) => authorized(client, access, signal)
        : () => redirected(protocol.url(url), access),
    limits: streamLimits(mode, plan),
    access,
  });
}

async function redirected(url: string, access: UpstoxAccess): Promise<Address> {
  const headers = await access.headers();
  return {
    url,
    headers,
    followsRedirects: true,
    refusal: (status) => access.refusal(status),
    onOpen: () => access.accepted(),
  };
}

async function authorized(client: RestClient, access: UpstoxAccess, signal: AbortSignal): Promise<Address> {
  const answer = await client.get(AUTHORIZE_PATH, { weight: 1, signal });
  const refusal = access.refusal(answer.status);
  if (refusal !== undefined) throw refusal;
  const refused = (status: number): Error | undefined => (status === 403 ? tooManyConnections() : undefined);
  return { url: redirectIn(answer), refusal: refused, onOpen: () => access.accepted() };
}

/** The token was taken a moment before: it is not at fault. Users report this status; it is not documented. */
function tooManyConnections(): VenueUnreachableError {
  return new VenueUnreachableError(
    'upstox answered HTTP 403 to an authorized connection: the account has as many open as it may; close others of it',
  );
}

/** `{"status":"success","data":{"authorized_redirect_uri":"wss://.."}}`, or the name in camel case. */
function redirectIn(answer: RestAnswer): string {
  const value = parseJson(answer.body.toString('utf8'));
  const data = isFields(value) && isFields(value['data']) ? value['data'] : {};
  const uri = data['authorized_redirect_uri'] ?? data['authorizedRedirectUri'];
  if (typeof uri === 'string' && /^wss?:\/\//.test(uri) && URL.canParse(uri)) return uri;
  const said = isFields(value) ? refusalIn(value) : undefined;
  throw new VenueAnswerError(
    `GET ${AUTHORIZE_PATH}: expected an address, found ${said ?? `none (HTTP ${answer.status})`}`,
  );
}
