import type { Instrument, InstrumentKey } from '@tickwright/market';
import { binanceInstrument } from '../binance/instruments.ts';

export const SIMULATED_NAME = 'simulated';
export const SIMULATED_SEGMENT = 'SIM';

/** `SIM|ALPHA`. Throws an InstrumentKeyError. */
export function simulatedInstrument(key: InstrumentKey): Instrument {
  return binanceInstrument(key, { name: SIMULATED_NAME, segment: SIMULATED_SEGMENT });
}
