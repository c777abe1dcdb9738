import { binance } from './binance/venue.ts';
import { coinbase } from './coinbase/venue.ts';
import { UnknownVenueError } from './errors.ts';
import { kraken } from './kraken/venue.ts';
import { simulated } from './simulated/venue.ts';
import { upstox } from './upstox/venue.ts';
import type { Venue } from './venue.ts';

const VENUES: ReadonlyMap<string, Venue> = new Map(
  [binance, coinbase, kraken, simulated, upstox].map((venue) => [venue.name, venue]),
);

/** The venues there are, by name. */
export const catalogue = {
  names: (): readonly string[] => [...VENUES.keys()],
  /** Throws an UnknownVenueError that names the known ones. */
  venue(name: string): Venue {
    const venue = VENUES.get(name);
    if (venue === undefined) throw new UnknownVenueError(name, [...VENUES.keys()]);
    return venue;
  },
} as const;
