import { calendarWarnings } from '@tickwright/market';
import type { SessionCalendar } from '@tickwright/market';
import type { IngestorView } from './ingestor-link.ts';

/** Days, today alone. */
const TODAY = 1;

/** What the data pill of every page says. */
export interface DataState {
  readonly state: 'OK' | 'STALE' | 'DOWN';
  readonly reason: string;
}

/** Whether ticks come, as they should in an open session. */
export function dataState(told: {
  /** Undefined while the runner starts. */
  readonly view: IngestorView | undefined;
  /** Of the instruments of the run. */
  readonly calendars: readonly SessionCalendar[];
  readonly nowMicros: number;
  /** Milliseconds since the last frame; null when there was none. */
  readonly ageMs: number | null;
  readonly staleAfterMs: number;
}): DataState {
  const { view, calendars, nowMicros, ageMs, staleAfterMs } = told;
  if (view === undefined || view.state !== 'up')
    return { state: 'DOWN', reason: view?.reason ?? 'the runner is starting' };
  const away = view.reasons.find((reason) => reason.includes('not connected'));
  if (away !== undefined) return { state: 'DOWN', reason: away };
  if (!calendars.some((calendar) => calendar.sessionAt(nowMicros) !== undefined)) {
    // A market of which nobody knows the hours is not called closed.
    const [unknown] = calendars.flatMap((calendar) => calendarWarnings(calendar, nowMicros, TODAY));
    return unknown === undefined
      ? { state: 'OK', reason: 'closed' }
      : { state: 'STALE', reason: unknown.found };
  }
  if (ageMs === null || ageMs > staleAfterMs)
    return { state: 'STALE', reason: 'no tick lately in an open session' };
  return { state: 'OK', reason: '' };
}
