import { catalogue } from './catalogue.ts';
import { UPSTOX_SEGMENTS, upstoxCalendar, upstoxExchange } from './upstox/instruments.ts';

/** A market segment: what stands before the bar of an instrument's key. */
export interface SegmentInfo {
  readonly segment: string;
  /** The venue that tells of it. */
  readonly venue: string;
  /** Name of the session calendar of its instruments. */
  readonly calendar: string;
  /** What the venue calls its exchange, where it tells exchanges' hours. */
  readonly exchange?: string;
}

/** Every segment that some venue tells of. */
export function segments(): readonly SegmentInfo[] {
  return catalogue.names().flatMap((venue) => {
    if (venue === 'upstox') return [...UPSTOX_SEGMENTS].map((segment) => indian(segment));
    return [{ segment: catalogue.venue(venue).segment, venue, calendar: 'always' }];
  });
}

function indian(segment: string): SegmentInfo {
  const exchange = upstoxExchange(segment);
  const known = { segment, venue: 'upstox', calendar: upstoxCalendar(segment) };
  return exchange === undefined ? known : { ...known, exchange };
}
