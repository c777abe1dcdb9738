import { ROW_SIZE } from './candle-row.ts';
import type { Page } from './candle-memory.ts';
import { isTraded } from './venue-row.ts';
import type { VenueRow } from './venue-row.ts';

/** Where the parts of a venue's candle stand, beside the page's own row of that minute. */
export const VenuePart = {
  /** 0: none; 1: one in which nothing traded; 2: one that traded. */
  state: 0,
  open: 1,
  high: 2,
  low: 3,
  close: 4,
  volume: 5,
  tradeCount: 6,
  /** Journal offset of its last change. */
  version: 7,
  /** How often it changed what was published as closed. */
  revision: 8,
} as const;
const VENUE_ROW_SIZE = 9;
const MINUTES = 60;

export const VenueState = { untraded: 1, traded: 2 } as const;

/** Where the venue's candle of the row at `at` begins. */
export function venueAt(at: number): number {
  return (at / ROW_SIZE) * VENUE_ROW_SIZE;
}

/** Whether there is a venue's candle, traded, for the row at `at`. */
export function hasVenueCandle(page: Page, at: number): boolean {
  return page.venue !== undefined && page.venue[venueAt(at) + VenuePart.state] === VenueState.traded;
}

type ToldCandle = Pick<VenueRow, 'open' | 'high' | 'low' | 'close' | 'volume' | 'tradeCount' | 'offset'>;

/** Puts a venue's candle at the row `at`. False when it says what was known already. */
export function putVenueCandle(page: Page, at: number, candle: ToldCandle, revision: number): boolean {
  page.venue ??= new Float64Array(MINUTES * VENUE_ROW_SIZE);
  const { venue } = page;
  const start = venueAt(at);
  const state = isTraded(candle) ? VenueState.traded : VenueState.untraded;
  const { open, high, low, close, volume } = candle;
  const values = [state, open, high, low, close, volume, Math.max(0, candle.tradeCount)];
  if (values.every((value, part) => venue[start + part] === value)) return false;
  const wasThere = venue[start + VenuePart.state] !== 0;
  venue.set(values, start);
  venue[start + VenuePart.version] = Math.max(venue[start + VenuePart.version], candle.offset);
  venue[start + VenuePart.revision] += wasThere ? 1 : revision;
  return true;
}
