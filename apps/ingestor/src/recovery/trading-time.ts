import type { SessionCalendar } from '@tickwright/market';

const MINUTE_MICROS = 60_000_000;
const HOUR_MICROS = 60 * MINUTE_MICROS;
/** Sessions that are walked back at most: a calendar that ends is not asked for ever. */
const SESSIONS_MAX = 400;

/** When so many hours of trading before a time begin: sessions are counted, not the nights between them. */
export function tradingHoursBefore(untilMicros: number, hours: number, calendar: SessionCalendar): number {
  let left = hours * HOUR_MICROS;
  let micros = untilMicros;
  for (let sessions = 0; left > 0 && sessions < SESSIONS_MAX; sessions += 1) {
    const session = calendar.sessionAt(micros - 1) ?? calendar.previousSession(micros);
    if (session === undefined) break;
    const end = Math.min(micros, session.closeMicros);
    const from = Math.max(session.openMicros, end - left);
    left -= end - from;
    micros = from;
  }
  return minuteOf(micros);
}

/** The minute that a time lies in. */
export function minuteOf(micros: number): number {
  return Math.floor(micros / MINUTE_MICROS) * MINUTE_MICROS;
}

/** The end of the minute that a time lies in. */
export function minuteEnd(micros: number): number {
  return minuteOf(micros) + MINUTE_MICROS;
}

/** The end of the last minute of [from, to) that trades; `from` when none does. */
export function lastTradingMinuteEnd(
  { fromMicros, toMicros }: { fromMicros: number; toMicros: number },
  calendar: SessionCalendar,
): number {
  const last = calendar.sessionsBetween(fromMicros, toMicros).at(-1);
  return last === undefined ? fromMicros : Math.min(toMicros, last.closeMicros);
}
