import type { InstrumentTable } from '@tickwright/market';
import { BinanceDecoder } from '../binance/decode.ts';
import type { Decoder, DecoderOptions } from '../decoder.ts';
import { SIMULATED_SEGMENT } from './instruments.ts';

/** The simulator's frames are Binance's, of instruments of its own. */
export function simulatedDecoder(instruments: InstrumentTable, options?: DecoderOptions): Decoder {
  return new BinanceDecoder(instruments, SIMULATED_SEGMENT, options);
}
