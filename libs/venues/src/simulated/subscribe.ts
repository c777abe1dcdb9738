import { binanceProtocol } from '../binance/subscribe.ts';
import { VenueAddressError } from '../errors.ts';
import { ReconnectingStream } from '../stream/stream.ts';
import type { Stream, StreamOptions } from '../venue.ts';

/** The simulator has no address of its own: its server takes the port it is given. */
export function simulatedStream(options: StreamOptions): Stream {
  if (options.wsUrl === undefined) {
    throw new VenueAddressError(
      'the simulated venue has no address of its own: give --ws-url, for example ws://127.0.0.1:9443',
    );
  }
  return new ReconnectingStream(options, { protocol: binanceProtocol, url: options.wsUrl });
}
