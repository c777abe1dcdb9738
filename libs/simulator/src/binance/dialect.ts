import type { Clock } from '@tickwright/runtime';
import type { Broadcaster } from '../stream/broadcaster.ts';
import type { Dialect, HttpRefusal } from '../stream/stream-server.ts';
import { findUnknownStream, Session, type UnknownStreams } from './session.ts';
import { parseStreamPath, type StreamPath } from './stream-path.ts';

export interface BinanceDialectOptions {
  readonly broadcaster: Broadcaster;
  readonly clock: Clock;
  readonly maxStreamsPerConnection: number;
  readonly maxMessagesPerSecond: number;
  readonly unknownStreams: UnknownStreams;
}

/** Binance's WebSockets: streams are named in the URL, or asked for afterwards. */
export function binanceDialect(options: BinanceDialectOptions): Dialect {
  const { broadcaster, clock, unknownStreams, maxMessagesPerSecond } = options;
  const maxStreams = options.maxStreamsPerConnection;
  return {
    refuse: (url) => refusal(readPath(url), options),
    open(connection, url) {
      const path = readPath(url);
      connection.isCombined = path?.isCombined === true;
      const session = new Session({
        connection,
        broadcaster,
        unknownStreams,
        maxStreams,
        maxMessagesPerSecond,
        wallMs: () => Math.floor(clock.nowMicros() / 1000),
      });
      session.subscribe(path?.streams ?? []);
      return session;
    },
    shutdownNotice({ wallMs, isCombined }) {
      const event = `{"e":"serverShutdown","E":${wallMs}}`;
      return isCombined ? `{"stream":"!serverShutdown","data":${event}}` : event;
    },
  };
}

function refusal(
  path: StreamPath | undefined,
  { maxStreamsPerConnection, unknownStreams, broadcaster }: BinanceDialectOptions,
): HttpRefusal | undefined {
  if (path === undefined) return { status: '404 Not Found', code: -1000, msg: 'No such path.' };
  if (path.streams.length > maxStreamsPerConnection) {
    return { status: '400 Bad Request', code: -1101, msg: 'Too many streams.' };
  }
  if (unknownStreams === 'ignore' || findUnknownStream(path.streams, broadcaster) === undefined)
    return undefined;
  return { status: '400 Bad Request', code: -1121, msg: 'Invalid symbol.' };
}

function readPath(url: string): StreamPath | undefined {
  try {
    return parseStreamPath(url);
  } catch {
    // A URL that cannot be parsed or decoded is a path that does not exist.
    return undefined;
  }
}
