import type { SessionCalendar } from '@tickwright/market';

/** What is journaled late, and the venue's last candles, have come so long after a close. */
export const AFTER_CLOSE_MICROS = 300_000_000;
/** Days that are made up for after a standstill. */
export const DAYS_BACK = 7;

const DAY_MICROS = 86_400_000_000;

/** A day of a venue whose last session is over. Times are microseconds UTC. */
export interface SessionDay {
  readonly calendar: string;
  /** Of the venue. */
  readonly date: string;
  /** From the first open to the last close, exclusive. */
  readonly fromMicros: number;
  readonly toMicros: number;
  /** When its end was due. */
  readonly dueMicros: number;
}

/** The session days of late whose end is due, oldest first. A year without data has none. */
export function endedDays(calendar: SessionCalendar, nowMicros: number): SessionDay[] {
  const days = new Map<string, SessionDay>();
  const since = nowMicros - (DAYS_BACK + 1) * DAY_MICROS;
  for (const { date, openMicros, closeMicros } of calendar.sessionsBetween(since, nowMicros)) {
    const fromMicros = days.get(date)?.fromMicros ?? openMicros;
    const dueMicros = closeMicros + AFTER_CLOSE_MICROS;
    days.set(date, { calendar: calendar.name, date, fromMicros, toMicros: closeMicros, dueMicros });
  }
  // A second session of the day may be to come.
  const isOver = ({ date, toMicros }: SessionDay): boolean =>
    calendar.sessionsOn(date).every(({ closeMicros }) => closeMicros <= toMicros);
  return [...days.values()].filter((day) => day.dueMicros <= nowMicros && isOver(day)).slice(-DAYS_BACK);
}
