import type { Venue } from '../venue.ts';
import { simulatedDecoder } from './decode.ts';
import { simulatedHistory } from './history.ts';
import { SIMULATED_NAME, SIMULATED_SEGMENT, simulatedInstrument } from './instruments.ts';
import { simulatedStream } from './subscribe.ts';

/** The market of libs/simulator, which speaks Binance's protocol over real sockets. */
export const simulated: Venue = {
  name: SIMULATED_NAME,
  segment: SIMULATED_SEGMENT,
  instrument: simulatedInstrument,
  createDecoder: simulatedDecoder,
  createStream: simulatedStream,
  history: simulatedHistory,
};
