import { encodeCandles } from '../wire/candle-columns.ts';
import { PayloadKind } from '../wire/header.ts';
import { encodeGaps, encodePacked } from '../wire/packed.ts';
import type { TopicState } from './sender-options.ts';

/** A message that tells a state, not yet stamped. */
export function encodeState(state: TopicState): Buffer {
  switch (state.kind) {
    case 'candles':
      return encodeCandles(state.candles);
    case 'gaps':
      return encodeGaps(state.gaps);
    case 'signal':
      return encodePacked(PayloadKind.signal, state.signal);
    case 'status':
      return encodePacked(PayloadKind.status, state.status);
  }
}
