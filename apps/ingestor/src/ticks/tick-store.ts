import type { TickFile } from '@tickwright/store';

/** What keeping, restoring and computing again need of the tick file, and no more. */
export type TickStore = Pick<
  TickFile,
  | 'appliedOffset'
  | 'append'
  | 'reload'
  | 'loadState'
  | 'ticksFrom'
  | 'minutes'
  | 'venueMinutes'
  | 'venueSpans'
  | 'newestVenueMicros'
  | 'keptFromMicros'
>;
