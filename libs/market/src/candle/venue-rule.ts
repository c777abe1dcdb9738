import { MINUTE_MICROS } from '../session/interval.ts';
import type { VenueSpans } from './venue-spans.ts';

/**
 * Whether a venue's candle, one that traded, stands for a minute: where ticks of it are missing or may be missing (a gap
 * that is not filled, or a span for which the venue's candles stand in), and, where there are no ticks at all, before the
 * first tick of the instrument. A minute that was seen whole is told by its ticks, also when it had none.
 */
export function venueStands(minute: {
  readonly instrument: number;
  readonly openTime: number;
  readonly hasTicks: boolean;
  /** No gap that is not filled overlaps it. */
  readonly isComplete: boolean;
  readonly spans: Pick<VenueSpans, 'standsIn' | 'isUnseen'>;
}): boolean {
  const { instrument, openTime, hasTicks, isComplete, spans } = minute;
  if (!isComplete || spans.standsIn(instrument, openTime, openTime + MINUTE_MICROS)) return true;
  return !hasTicks && spans.isUnseen(instrument, openTime);
}
