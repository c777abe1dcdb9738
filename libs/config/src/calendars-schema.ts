import { nseDaysProblems } from '@tickwright/market';
import { z } from 'zod';

const date = z.iso.date({ error: 'expected a date, YYYY-MM-DD', abort: true });
const HOURS = /^([01]\d|2[0-3]):[0-5]\d-([01]\d|2[0-3]):[0-5]\d$/;
const hours = z
  .string()
  .regex(HOURS, { error: 'expected hours as HH:MM-HH:MM, for example 18:00-19:00', abort: true });

const nse = z
  .strictObject({
    /** Years that this release does not have, or has wrongly: each with every weekday that has no regular session. */
    years: z
      .array(z.strictObject({ year: z.int().min(2000).max(2200), closures: z.array(date).min(1) }))
      .default([]),
    /** Days that are unlike their weekday, with their sessions; without any the exchange is closed. */
    days: z.array(z.strictObject({ date, reason: z.string().min(1), sessions: z.array(hours) })).default([]),
  })
  .superRefine((added, context) => {
    for (const { path, message } of nseDaysProblems(added))
      context.addIssue({ code: 'custom', path: [...path], message });
  });

/** What the user knows of session calendars and this release does not. Times are the exchange's. */
export const calendars = z.strictObject({
  /** Of the NSE: its cash market and its derivatives alike. */
  nse: nse.prefault({}),
});
