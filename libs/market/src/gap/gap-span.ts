import { MINUTE_MICROS } from '../session/calendar-date.ts';
import { knowsYears } from '../session/calendar-year.ts';
import type { Gap } from './gap.ts';
import type { Arrival } from './hole-listener.ts';
import type { SessionCalendar } from '../session/session-calendar.ts';
import { SEEN_AHEAD_MICROS } from '../tick/unnumbered-ticks.ts';

/** A connection that still lived this long after a session's close was alive at the close. */
export const AFTER_CLOSE_MICROS = 300_000_000;

/**
 * From when on ticks may be missing: from the last one, because a dead connection is noticed late. But when the session
 * of the last one ended well before, with a time without trading after it, then from that close.
 */
export function lostSince(
  { lastMicros, aliveMicros }: { lastMicros: number; aliveMicros: number },
  calendar: SessionCalendar,
): number {
  const closeMicros = calendar.previousSession(aliveMicros - AFTER_CLOSE_MICROS)?.closeMicros ?? -1;
  const isFollowedByTrading = calendar.sessionAt(closeMicros) !== undefined;
  return closeMicros > lastMicros && !isFollowedByTrading ? closeMicros : lastMicros;
}

/**
 * Until when ticks may be missing, inclusive: until the tick that shows that they come again. But when its session
 * opened while the subscription had long been confirmed, until just before that open.
 */
export function gapEndOf(
  gap: Pick<Gap, 'fromMicros'>,
  tick: { eventMicros: number; seenSinceMicros: number; calendar: SessionCalendar },
): number {
  const { eventMicros, seenSinceMicros, calendar } = tick;
  const openMicros = calendar.sessionAt(eventMicros)?.openMicros ?? -1;
  const isSeenWhole = seenSinceMicros >= 0 && seenSinceMicros + SEEN_AHEAD_MICROS <= openMicros;
  return Math.max(gap.fromMicros, isSeenWhole ? openMicros - 1 : eventMicros);
}

/** Whether no session touches a gap that has ended. */
export function isClosedTime({ fromMicros, toMicros }: Gap, calendar: SessionCalendar): boolean {
  return (
    knowsYears(calendar, { from: fromMicros, to: toMicros }) &&
    calendar.sessionsBetween(fromMicros, toMicros + 1).length === 0
  );
}

/**
 * What is missing before an instrument's first tick: the part of its minute before it. None when the tick starts the
 * minute, when the subscription had been confirmed before the minute began, or outside trading.
 */
export function startGapOf(
  { id, eventMicros }: Arrival,
  { calendar, seenSinceMicros }: { calendar: SessionCalendar; seenSinceMicros: number },
): { fromMicros: number; toMicros: number; toId: number } | undefined {
  const fromMicros = eventMicros - (eventMicros % MINUTE_MICROS);
  const isSeenWhole = seenSinceMicros >= 0 && seenSinceMicros + SEEN_AHEAD_MICROS <= fromMicros;
  const isClosed =
    knowsYears(calendar, { from: eventMicros, to: eventMicros }) && !calendar.sessionAt(eventMicros);
  if (fromMicros === eventMicros || isSeenWhole || isClosed || id === 0) return undefined;
  return { fromMicros, toMicros: eventMicros, toId: id < 0 ? -1 : id - 1 };
}
