import type { InstrumentTable } from '../instrument.ts';

/**
 * Up to which time candles are closed, microseconds: the watermark, one for all rows or by segment. A candle whose close
 * time lies at or before it is closed.
 */
export type ClosedBefore = number | ((segment: string) => number);

/** The time that holds for an instrument. */
export function closedBeforeOf(
  closedBefore: ClosedBefore,
  instruments: InstrumentTable,
  number: number,
): number {
  return typeof closedBefore === 'number' ? closedBefore : closedBefore(instruments.at(number).segment);
}
