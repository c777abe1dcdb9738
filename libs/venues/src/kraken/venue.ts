import { ReconnectingStream } from '../stream/stream.ts';
import type { Venue } from '../venue.ts';
import { KrakenDecoder } from './decode.ts';
import { KRAKEN_REST_URL, KrakenHistory } from './history.ts';
import { KRAKEN_NAME, KRAKEN_SEGMENT, krakenInstrument } from './instruments.ts';
import { KRAKEN_WS_URL, krakenProtocol } from './subscribe.ts';

/** Kraken spot: trades, public market data, no account. */
export const kraken: Venue = {
  name: KRAKEN_NAME,
  segment: KRAKEN_SEGMENT,
  instrument: krakenInstrument,
  createDecoder: (instruments, options) => new KrakenDecoder(instruments, options),
  createStream: (options) =>
    new ReconnectingStream(options, { protocol: krakenProtocol, url: options.wsUrl ?? KRAKEN_WS_URL }),
  history: (options) => new KrakenHistory({ ...options, restUrl: options.restUrl ?? KRAKEN_REST_URL }),
};
