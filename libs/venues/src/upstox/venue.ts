import type { Venue } from '../venue.ts';
import { UpstoxDecoder } from './decode.ts';
import { UpstoxHistory } from './history.ts';
import { upstoxInstrument } from './instruments.ts';
import { upstoxStream } from './subscribe.ts';

/** Upstox: the Indian exchanges' market data, of an account and its token. */
export const upstox: Venue = {
  name: 'upstox',
  segment: 'NSE_EQ',
  instrument: upstoxInstrument,
  createDecoder: (instruments, options) => new UpstoxDecoder(instruments, options),
  createStream: upstoxStream,
  history: (options) => new UpstoxHistory(options),
  marketHours: (options) => new UpstoxHistory(options),
};
