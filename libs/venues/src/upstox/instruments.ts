import { splitKey } from '@tickwright/market';
import type { Instrument, InstrumentKey } from '@tickwright/market';
import { InstrumentKeyError } from '../errors.ts';

/**
 * The segments of the venue's keys, and the calendar of their sessions. Commodities and currencies trade until late in
 * the evening: there is no calendar for them yet, so their day is the one of UTC, which holds all of their session.
 */
const CALENDARS: Readonly<Record<string, string>> = {
  NSE_EQ: 'nse',
  BSE_EQ: 'nse',
  NSE_INDEX: 'nse',
  BSE_INDEX: 'nse',
  NSE_FO: 'nse-fo',
  BSE_FO: 'nse-fo',
  NCD_FO: 'always',
  BCD_FO: 'always',
  NSE_COM: 'always',
  MCX_FO: 'always',
  MCX_INDEX: 'always',
};
export const UPSTOX_SEGMENTS: ReadonlySet<string> = new Set(Object.keys(CALENDARS));

/** Rupees have two decimals, currencies and what is computed four. */
const PRICE_DECIMALS = 4;

/** `NSE_EQ|INE155A01022`; the venue's own symbol is the whole key. Throws an InstrumentKeyError. */
export function upstoxInstrument(key: InstrumentKey): Instrument {
  const { segment, id } = splitKey(key);
  const calendar = CALENDARS[segment];
  if (calendar === undefined) {
    const known = [...UPSTOX_SEGMENTS].join(', ');
    throw new InstrumentKeyError(
      `"${key}" is no instrument of upstox: its segments are ${known}, for example NSE_EQ|INE155A01022`,
    );
  }
  // Anything else would have to be escaped in a path or could not be told apart in a frame.
  if (!/^[\w .&:()*/+-]+$/.test(id)) {
    throw new InstrumentKeyError(
      `"${key}" is no instrument of upstox: "${id}" has characters that no key has`,
    );
  }
  return { key, segment, id, venueSymbol: key, priceDecimals: PRICE_DECIMALS, quantityDecimals: 0, calendar };
}

/** What the venue calls an exchange in its requests for hours. */
const EXCHANGES: Readonly<Record<string, string>> = {
  NSE_EQ: 'NSE',
  NSE_INDEX: 'NSE',
  NSE_FO: 'NFO',
  NSE_COM: 'NSCOM',
  BSE_EQ: 'BSE',
  BSE_INDEX: 'BSE',
  BSE_FO: 'BFO',
  NCD_FO: 'CDS',
  BCD_FO: 'BCD',
  MCX_FO: 'MCX',
  MCX_INDEX: 'MCX',
};

/** What the exchange of a segment is called in requests for its hours. */
export function upstoxExchange(segment: string): string | undefined {
  return EXCHANGES[segment];
}

/** The calendar of a segment's instruments. */
export function upstoxCalendar(segment: string): string {
  return CALENDARS[segment] ?? 'always';
}
