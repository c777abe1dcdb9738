import { ReconnectingStream } from '../stream/stream.ts';
import type { Venue } from '../venue.ts';
import { CoinbaseDecoder } from './decode.ts';
import { COINBASE_REST_URL, CoinbaseHistory } from './history.ts';
import { COINBASE_NAME, COINBASE_SEGMENT, coinbaseInstrument } from './instruments.ts';
import { COINBASE_WS_URL, coinbaseProtocol } from './subscribe.ts';

/** Coinbase Exchange: trades, public market data, no account. */
export const coinbase: Venue = {
  name: COINBASE_NAME,
  segment: COINBASE_SEGMENT,
  instrument: coinbaseInstrument,
  createDecoder: (instruments, options) => new CoinbaseDecoder(instruments, options),
  createStream: (options) =>
    new ReconnectingStream(options, { protocol: coinbaseProtocol, url: options.wsUrl ?? COINBASE_WS_URL }),
  history: (options) => new CoinbaseHistory({ ...options, restUrl: options.restUrl ?? COINBASE_REST_URL }),
};
