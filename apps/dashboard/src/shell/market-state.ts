import { calendarWarnings } from '@tickwright/market';
import type { CalendarWarning, SessionCalendar } from '@tickwright/market';
import { byId, setText, toggleAttribute } from '../dom/element.ts';
import { age, dayAndMonth, hourAndMinute, weekday } from '../format/times.ts';

const DAY_MS = 86_400_000;
/** Days. */
const TODAY = 1;
const YEAR = 366;

export interface MarketState {
  readonly state: 'open' | 'closed' | 'unknown';
  readonly text: string;
  /** In whole sentences. */
  readonly detail: string;
}

/** Whether the market is open, and what comes next: `NSE open · closes 15:30 in 2h 03m`. */
export function marketState(calendar: SessionCalendar | undefined, nowMs: number, zone: string): MarketState {
  if (calendar === undefined)
    return { state: 'unknown', text: 'Market –', detail: 'No instrument is known yet, so no calendar is.' };
  if (calendar.name === 'always')
    return {
      state: 'open',
      text: 'Open 24/7',
      detail: 'This market never closes; its day turns at 00:00 UTC.',
    };
  const name = calendar.name.toUpperCase();
  const micros = nowMs * 1_000;
  const session = calendar.sessionAt(micros);
  if (session !== undefined) {
    const closeMs = session.closeMicros / 1_000;
    const text = `${name} open · closes ${hourAndMinute(closeMs, zone)} in ${age(closeMs - nowMs)}`;
    return { state: 'open', text, detail: `Session of ${session.date}.` };
  }
  // A market of which nobody knows the hours is not called closed.
  const [unknown] = calendarWarnings(calendar, micros, TODAY);
  if (unknown !== undefined)
    return { state: 'unknown', text: `${name} hours not known`, detail: sentences([unknown]) };
  const next = calendar.nextSession(micros);
  if (next === undefined)
    return {
      state: 'unknown',
      text: `${name} closed · calendar ends`,
      detail: sentences(calendarWarnings(calendar, micros, YEAR)),
    };
  const openMs = next.openMicros / 1_000;
  const far = openMs - nowMs > DAY_MS / 2;
  const day = far ? `${weekday(openMs, zone)} ${dayAndMonth(openMs, zone)} ` : '';
  const text = `${name} closed · opens ${day}${hourAndMinute(openMs, zone)}`;
  return { state: 'closed', text, detail: `Opens in ${age(openMs - nowMs)}.` };
}

function sentences(warnings: readonly CalendarWarning[]): string {
  return warnings.map(({ found, toDo }) => `${found}; ${toDo}.`).join(' ');
}

export function showMarket(state: MarketState): void {
  const target = byId('market');
  toggleAttribute(target, 'data-state', state.state);
  if (target.title !== state.detail) target.title = state.detail;
  setText(byId('market-text'), state.text);
}
