import type { CalendarData, SpecialDay } from './dated-calendar.ts';

/**
 * Days of the Indian stock exchanges, 2019 to 2026.
 *
 * Closures are the weekdays on which tests/resources/xbom.csv of gerrymanoim/exchange_calendars (commit 5308ce20,
 * Apache-2.0) has no session. That file is of the BSE, whose equity closures are the NSE's; it leaves out the special
 * sessions, which are listed here from the exchange's circulars as the press and public copies give them.
 */
const CLOSURES: Readonly<Record<number, string>> = {
  2019: '03-04 03-21 04-17 04-19 04-29 05-01 06-05 08-12 08-15 09-02 09-10 10-02 10-08 10-21 10-28 11-12 12-25',
  2020: '02-21 03-10 04-02 04-06 04-10 04-14 05-01 05-25 10-02 11-16 11-30 12-25',
  2021: '01-26 03-11 03-29 04-02 04-14 04-21 05-13 07-21 08-19 09-10 10-15 11-04 11-05 11-19',
  2022: '01-26 03-01 03-18 04-14 04-15 05-03 08-09 08-15 08-31 10-05 10-24 10-26 11-08',
  2023: '01-26 03-07 03-30 04-04 04-07 04-14 05-01 06-29 08-15 09-19 10-02 10-24 11-14 11-27 12-25',
  2024: '01-22 01-26 03-08 03-25 03-29 04-11 04-17 05-01 05-20 06-17 07-17 08-15 10-02 11-01 11-15 11-20 12-25',
  2025: '02-26 03-14 03-31 04-10 04-14 04-18 05-01 08-15 08-27 10-02 10-21 10-22 11-05 12-25',
  2026: '01-15 01-26 03-03 03-26 03-31 04-03 04-14 05-01 05-28 06-26 09-14 10-02 10-20 11-10 11-24 12-25',
};

/** Days whose sessions are these, whatever the weekday, the closures and the regular hours say. */
const SPECIAL: Readonly<Record<string, SpecialDay>> = {
  '2019-10-27': { reason: 'Muhurat', hours: [{ open: '18:15', close: '19:15' }] },
  '2020-02-01': { reason: 'Union Budget', hours: [{ open: '09:15', close: '15:30' }] },
  '2020-11-14': { reason: 'Muhurat', hours: [{ open: '18:15', close: '19:15' }] },
  '2021-11-04': { reason: 'Muhurat', hours: [{ open: '18:15', close: '19:15' }] },
  '2022-10-24': { reason: 'Muhurat', hours: [{ open: '18:15', close: '19:15' }] },
  '2023-11-12': { reason: 'Muhurat', hours: [{ open: '18:15', close: '19:15' }] },
  '2024-01-20': {
    reason: 'a full Saturday, for the closure of 2024-01-22',
    hours: [{ open: '09:15', close: '15:30' }],
  },
  // Each half from another site. Reports of the second half on May 18 name 11:30 to 12:30 and 11:45 to 12:40: the session
  // contains both.
  '2024-03-02': {
    reason: 'disaster recovery drill',
    hours: [
      { open: '09:15', close: '10:00' },
      { open: '11:30', close: '12:30' },
    ],
  },
  '2024-05-18': {
    reason: 'disaster recovery drill',
    hours: [
      { open: '09:15', close: '10:00' },
      { open: '11:30', close: '12:40' },
    ],
  },
  '2024-11-01': { reason: 'Muhurat', hours: [{ open: '18:00', close: '19:00' }] },
  '2025-02-01': { reason: 'Union Budget', hours: [{ open: '09:15', close: '15:30' }] },
  '2025-10-21': { reason: 'Muhurat', hours: [{ open: '13:45', close: '14:45' }] },
  '2026-02-01': { reason: 'Union Budget', hours: [{ open: '09:15', close: '15:30' }] },
  // A guess would anchor its candles wrongly, so it has none: its ticks are kept and make no candle until they are added.
  '2026-11-08': { reason: 'Muhurat', hours: 'unknown' },
};

const INDIA = { timeZone: 'Asia/Kolkata', utcOffsetMinutes: 330 } as const;

/**
 * Continuous trading in cash equities.
 *
 * Not confirmed: from 2026-08-03 the stocks on which derivatives are traded end continuous trading at 15:15; an auction
 * follows until 15:35 with one print at about 15:28 to 15:29. All other stocks go on until 15:30. One calendar serves
 * both, so the hours stay 09:15 to 15:30, which contain every tick of either kind, the auction's print included. The
 * price is that for the former the minutes from 15:15 to the print count as expected.
 */
export const NSE_CASH: CalendarData = {
  ...INDIA,
  name: 'nse',
  hours: [
    { from: '2019-01-01', open: '09:15', close: '15:30' },
    // The closing auction begins, see above: kept on purpose.
    { from: '2026-08-03', open: '09:15', close: '15:30' },
  ],
  closures: CLOSURES,
  special: SPECIAL,
};

/**
 * Equity derivatives: ten minutes longer since the closing auction of their underlyings. Several public repositories
 * agree on it; the circular itself was not read.
 */
export const NSE_DERIVATIVES: CalendarData = {
  ...INDIA,
  name: 'nse-fo',
  hours: [
    { from: '2019-01-01', open: '09:15', close: '15:30' },
    { from: '2026-08-03', open: '09:15', close: '15:40' },
  ],
  closures: CLOSURES,
  special: SPECIAL,
};
