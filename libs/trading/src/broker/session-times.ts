import type { Session, SessionCalendar } from '@tickwright/market';
import { MINUTE_MICROS } from '@tickwright/market';

/** Where a session does not contain the configured square-off time (a special hour in the evening): before its close. */
const SPECIAL_SQUARE_OFF_MICROS = 10 * MINUTE_MICROS;

/** When positions of the session are squared off, microseconds UTC. `timeOfDay` is HH:MM in the calendar's zone. */
export function squareOffMicros(session: Session, timeOfDay: string, calendar: SessionCalendar): number {
  const [hours = 0, minutes = 0] = timeOfDay.split(':').map(Number);
  const wanted = hours * 60 + minutes;
  const opens = minuteOfDay(session.openMicros, calendar.timeZone);
  const at = session.openMicros + (wanted - opens) * MINUTE_MICROS;
  if (at > session.openMicros && at < session.closeMicros) return at;
  return Math.max(session.openMicros, session.closeMicros - SPECIAL_SQUARE_OFF_MICROS);
}

const FORMATS = new Map<string, Intl.DateTimeFormat>();

/** Minutes since midnight in a zone. */
function minuteOfDay(micros: number, timeZone: string): number {
  let format = FORMATS.get(timeZone);
  if (format === undefined) {
    format = new Intl.DateTimeFormat('en-GB', {
      timeZone,
      hour: '2-digit',
      minute: '2-digit',
      hourCycle: 'h23',
    });
    FORMATS.set(timeZone, format);
  }
  const [hours = 0, minutes = 0] = format
    .format(micros / 1000)
    .split(':')
    .map(Number);
  return hours * 60 + minutes;
}
