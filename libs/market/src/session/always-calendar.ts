import { DAY_MICROS, dateOfDay, dayOfDate, minuteOpens } from './calendar-date.ts';
import type { Session, SessionCalendar } from './session-calendar.ts';

function sessionOfDay(day: number): Session {
  return { date: dateOfDay(day), openMicros: day * DAY_MICROS, closeMicros: (day + 1) * DAY_MICROS };
}

const dayAt = (micros: number): number => Math.floor(micros / DAY_MICROS);

// Ticks come in order, so nearly every question is about the day of the last one.
let last = sessionOfDay(0);

/** Trades around the clock: one session a UTC day, and no year without data. */
export const alwaysCalendar: SessionCalendar = {
  name: 'always',
  timeZone: 'UTC',
  sessionAt(micros) {
    if (micros < last.openMicros || micros >= last.closeMicros) last = sessionOfDay(dayAt(micros));
    return last;
  },
  nextSession: (micros) => sessionOfDay(dayAt(micros) + 1),
  previousSession: (micros) => sessionOfDay(dayAt(micros) - 1),
  sessionsOn: (date) => [sessionOfDay(dayOfDate(date))],
  sessionsBetween(from, to) {
    const sessions: Session[] = [];
    for (let day = dayAt(from); day * DAY_MICROS < to; day++) sessions.push(sessionOfDay(day));
    return sessions;
  },
  dateOf: (micros) => dateOfDay(dayAt(micros)),
  spanOf(date) {
    const { openMicros, closeMicros } = sessionOfDay(dayOfDate(date));
    return { fromMicros: openMicros, toMicros: closeMicros };
  },
  expectedMinutes: (from, to) => minuteOpens(from, to),
  noteOn: () => undefined,
  coverage: () => undefined,
};
