import type { Venue } from '../venue.ts';
import { ReconnectingStream } from '../stream/stream.ts';
import { BinanceDecoder } from './decode.ts';
import { BINANCE_REST_URL, BinanceHistory } from './history.ts';
import { binanceInstrument } from './instruments.ts';
import { BINANCE_WS_URL, binanceProtocol } from './subscribe.ts';

const NAME = 'binance';
const SEGMENT = 'BINANCE';

/** Binance spot: trades or aggregate trades, public market data, no account. */
export const binance: Venue = {
  name: NAME,
  segment: SEGMENT,
  instrument: (key) => binanceInstrument(key, { name: NAME, segment: SEGMENT }),
  createDecoder: (instruments, options) => new BinanceDecoder(instruments, SEGMENT, options),
  createStream: (options) =>
    new ReconnectingStream(options, { protocol: binanceProtocol, url: options.wsUrl ?? BINANCE_WS_URL }),
  history: (options) => new BinanceHistory({ ...options, restUrl: options.restUrl ?? BINANCE_REST_URL }),
};
