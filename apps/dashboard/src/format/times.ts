import { UNKNOWN } from './numbers.ts';

/** `0.4s`, `12s`, `3m 20s`, `2h 05m`, `4d 3h`: an age in at most two units. */
export function age(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  const seconds = Math.max(0, ms) / 1_000;
  if (seconds < 10) return `${seconds.toFixed(1)}s`;
  if (seconds < 60) return `${Math.floor(seconds)}s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes}m ${two(Math.floor(seconds % 60))}s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours}h ${two(minutes % 60)}m`;
  const days = Math.floor(hours / 24);
  if (days >= 730) return `${Math.floor(days / 365)}y`;
  return hours % 24 === 0 ? `${days}d` : `${days}d ${hours % 24}h`;
}

/** An age in its largest unit, for narrow cells: `0.4s`, `12s`, `3m`, `2h`, `4d`. */
export function shortAge(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  return age(ms).split(' ')[0] ?? UNKNOWN;
}

/** Milliseconds as they are best read: `0.4 ms`, `12 ms`, `1.20 s`. */
export function duration(ms: number | null | undefined): string {
  if (ms === null || ms === undefined || !Number.isFinite(ms)) return UNKNOWN;
  if (ms < 10) return `${ms.toFixed(1)} ms`;
  if (ms < 1_000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1_000).toFixed(2)} s`;
  return age(ms);
}

function two(value: number): string {
  return String(value).padStart(2, '0');
}

const formats = new Map<string, Intl.DateTimeFormat>();

function inZone(zone: string, name: string, options: Intl.DateTimeFormatOptions): Intl.DateTimeFormat {
  const key = `${zone} ${name}`;
  let found = formats.get(key);
  if (found === undefined) {
    found = new Intl.DateTimeFormat('en-GB', { timeZone: zone, hourCycle: 'h23', ...options });
    formats.set(key, found);
  }
  return found;
}

const TIME = { hour: '2-digit', minute: '2-digit', second: '2-digit' } as const;

export function timeOfDay(ms: number, zone: string): string {
  return inZone(zone, 'time', TIME).format(ms);
}

export function hourAndMinute(ms: number, zone: string): string {
  return inZone(zone, 'minute', { hour: '2-digit', minute: '2-digit' }).format(ms);
}

export function dayAndMonth(ms: number, zone: string): string {
  return inZone(zone, 'day', { day: '2-digit', month: 'short' }).format(ms);
}

export function weekday(ms: number, zone: string): string {
  return inZone(zone, 'weekday', { weekday: 'short' }).format(ms);
}

/** YYYY-MM-DD in the zone. */
export function dateIn(ms: number, zone: string): string {
  const parts = inZone(zone, 'date', { year: 'numeric', month: '2-digit', day: '2-digit' }).formatToParts(ms);
  const part = (type: string): string => parts.find((each) => each.type === type)?.value ?? '';
  return `${part('year')}-${part('month')}-${part('day')}`;
}

export function dateAndTime(ms: number, zone: string): string {
  return `${dateIn(ms, zone)} ${timeOfDay(ms, zone)}`;
}

/** The short name of a zone at an instant: `IST`, `UTC`, `GMT+2`. */
export function zoneName(ms: number, zone: string): string {
  if (zone === 'UTC') return 'UTC';
  if (zone === 'Asia/Kolkata') return 'IST';
  const parts = inZone(zone, 'name', { timeZoneName: 'short' }).formatToParts(ms);
  return parts.find((each) => each.type === 'timeZoneName')?.value ?? zone;
}

/** Milliseconds of an ISO time; undefined for what is none. */
export function parseTime(iso: string | null | undefined): number | undefined {
  if (iso === null || iso === undefined) return undefined;
  const ms = Date.parse(iso);
  return Number.isNaN(ms) ? undefined : ms;
}
