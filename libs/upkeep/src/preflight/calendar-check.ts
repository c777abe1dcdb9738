import { calendarWarnings, calendars, daysKnown } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import { fault, ok } from './finding.ts';
import type { Finding } from './finding.ts';

/** A calendar must reach so many days ahead: an exchange tells its next year a few weeks before it begins. */
const AHEAD_DAYS = 60;

/** What the calendars of some instruments do not know of the days to come; those that need no data are left out. */
export function checkCalendars(
  instruments: readonly { readonly calendar: string }[],
  clock: Clock,
): Finding[] {
  const nowMicros = clock.nowMicros();
  return [...new Set(instruments.map(({ calendar }) => calendar))].flatMap((name) => {
    const calendar = calendars(name);
    const left = daysKnown(calendar, nowMicros);
    if (left === undefined) return [];
    const [subject, check] = [`calendar ${name}`, 'calendar'];
    const warnings = calendarWarnings(calendar, nowMicros, AHEAD_DAYS);
    if (warnings.length === 0) return [ok(check, subject, `sessions are known for ${left} more days`)];
    const severity = left < 0 ? 'error' : 'warning';
    return warnings.map((warning) => fault({ check, subject, severity, ...warning }));
  });
}
