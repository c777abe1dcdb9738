import { BinanceHistory } from '../binance/history.ts';
import { VenueAddressError } from '../errors.ts';
import type { History, HistoryOptions } from '../history.ts';

/** The simulator answers the same requests as Binance. */
export function simulatedHistory(options: HistoryOptions): History {
  const { restUrl } = options;
  if (restUrl === undefined) {
    throw new VenueAddressError(
      'the simulated venue has no address of its own: give --rest-url, for example http://127.0.0.1:9443',
    );
  }
  return new BinanceHistory({ ...options, restUrl });
}
