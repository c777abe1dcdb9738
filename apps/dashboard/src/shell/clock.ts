import { calendars } from '@tickwright/market';
import type { SessionCalendar } from '@tickwright/market';
import { byId, setText } from '../dom/element.ts';
import { timeOfDay, zoneName } from '../format/times.ts';
import { serverNow } from './server-time.ts';

type Choice = 'exchange' | 'utc' | 'local';
const KEY = 'tickwright.zone';
const NEXT: Readonly<Record<Choice, Choice>> = { exchange: 'utc', utc: 'local', local: 'exchange' };
const NAMES: Readonly<Record<Choice, string>> = {
  exchange: 'exchange time',
  utc: 'UTC',
  local: 'your local time',
};

let exchangeZone = 'UTC';
const listeners = new Set<() => void>();

function choice(): Choice {
  const kept = localStorage.getItem(KEY);
  return kept === 'utc' || kept === 'local' ? kept : 'exchange';
}

/** IANA name of the zone that times are shown in. */
export function zone(): string {
  const now = choice();
  if (now === 'utc') return 'UTC';
  return now === 'local' ? Intl.DateTimeFormat().resolvedOptions().timeZone : exchangeZone;
}

export function onZoneChange(listener: () => void): void {
  listeners.add(listener);
}

function changed(): void {
  tick();
  for (const listener of listeners) listener();
}

/** The exchange whose clock is shown: one with hours goes before one that never closes. */
export function useCalendars(names: readonly string[]): SessionCalendar | undefined {
  const known = names.flatMap((name) => {
    try {
      return [calendars(name)];
    } catch {
      return [];
    }
  });
  const first = known.find((calendar) => calendar.name !== 'always') ?? known[0];
  if (first !== undefined && first.timeZone !== exchangeZone) {
    exchangeZone = first.timeZone;
    changed();
  }
  return first;
}

export function switchZone(): void {
  localStorage.setItem(KEY, NEXT[choice()]);
  changed();
}

/** Shows the time of now. */
export function tick(): void {
  const now = serverNow();
  setText(byId('clock-time'), timeOfDay(now, zone()));
  setText(byId('clock-zone'), zoneName(now, zone()));
  const title = `Times are in ${NAMES[choice()]} (${zone()}). Switch to ${NAMES[NEXT[choice()]]} (t)`;
  const button = byId('clock');
  if (button.title !== title) button.title = title;
}

export function startClock(): void {
  byId('clock').addEventListener('click', switchZone);
  tick();
}
