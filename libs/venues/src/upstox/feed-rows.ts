import { MAX_TICKS_A_FRAME } from '../decoder.ts';

/** Which form of a feed told it: with the session's volume, without it, or of an index, which has none. */
export const Form = { none: 0, volume: 1, ltpc: 2, index: 3 } as const;

/** What stands in a frame, a row an instrument: the venue's own numbers, 0 where it left one out, NaN where none fits. */
export class FeedRows {
  count = 0;
  /** 0 initial_feed, 1 live_feed. */
  type = 0;
  /** Its number, or -1 when it is unknown. */
  readonly instrument = new Int32Array(MAX_TICKS_A_FRAME);
  readonly form = new Uint8Array(MAX_TICKS_A_FRAME);
  readonly price = new Float64Array(MAX_TICKS_A_FRAME);
  readonly timeMs = new Float64Array(MAX_TICKS_A_FRAME);
  readonly quantity = new Float64Array(MAX_TICKS_A_FRAME);
  /** Of the session so far. */
  readonly volume = new Float64Array(MAX_TICKS_A_FRAME);
  /** Where the scanner saw the row's last I1 candle begin and end in the frame; 0, 0 without one. */
  readonly candleStart = new Int32Array(MAX_TICKS_A_FRAME);
  readonly candleEnd = new Int32Array(MAX_TICKS_A_FRAME);
  /** By instrument: the frame in which the scanner last saw it, to notice one that stands in it twice. */
  seen = new Int32Array(64);
  frame = 0;
}
