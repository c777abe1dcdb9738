import type { MutableGap } from './gap.ts';
import { gapEndOf, isClosedTime, startGapOf } from './gap-span.ts';
import type { GapRows, GapStart } from './gap-rows.ts';
import type { Arrival, Hole } from './hole-listener.ts';
import type { IdRange } from '../tick/id-ranges.ts';
import type { SessionCalendar } from '../session/session-calendar.ts';

const GIVEN_UP = 'too many holes to keep: the oldest was given up';
const WHOLE = 'every missing id arrived';
const NOT_ASKED_FOR = 'older than what was asked for: the history begins here';

/** The gap before an instrument's first tick: it knows its last id, not its first. */
const isStart = (gap: MutableGap): boolean => gap.fromId < 0 && gap.toId >= 0;

const hasId = (gap: MutableGap, id: number): boolean => gap.fromId >= 0 && gap.fromId <= id && id <= gap.toId;

/** An older id arrived: makes the gap that it lay in smaller, two, or whole. */
export function cover(
  rows: GapRows,
  {
    key,
    arrival,
    calendar,
    missing,
  }: {
    key: string;
    arrival: Arrival;
    calendar: SessionCalendar;
    missing(from: number, to: number): IdRange[];
  },
): void {
  const gap = rows.of(key).find((one) => (isStart(one) ? one.toId === arrival.id : hasId(one, arrival.id)));
  if (gap === undefined) return;
  if (isStart(gap)) return shrinkStart(rows, gap, arrival, calendar);
  const pieces = missing(gap.fromId, gap.toId);
  if (pieces.length === 0) return rows.fill(gap, WHOLE, arrival.offset);
  const [first] = pieces;
  const last = pieces[pieces.length - 1];
  const isSplit = pieces.length === 2 && first[1] === arrival.id - 1 && last[0] === arrival.id + 1;
  if (isSplit) split(rows, gap, arrival);
  else narrow(rows, gap, { fromId: first[0], toId: last[1], arrival });
}

/**
 * A hole below the oldest id: history is being fetched from its start. Returns whether it is the gap before the first
 * tick, which then knows its first id; otherwise that gap ends where the history begins.
 */
export function attachBelow(rows: GapRows, key: string, hole: Hole, calendar: SessionCalendar): boolean {
  const gap = rows.of(key).find((one) => isStart(one) && one.toId === hole.toId);
  if (gap === undefined) return false;
  const { fromMicros, fromId, offset } = hole;
  if (fromMicros < gap.fromMicros) {
    rows.change(gap, { fromMicros, fromId }, offset);
    beginAt(rows, gap, { ...hole, id: fromId - 1, eventMicros: fromMicros }, calendar);
    return true;
  }
  // The id that showed the hole is fromId - 1; what is missing before it ends with fromId - 2.
  if (fromId === 1) rows.fill(gap, WHOLE, offset);
  else rows.change(gap, { toMicros: Math.min(gap.toMicros, fromMicros), toId: fromId - 2 }, offset);
  return false;
}

/** Whether a row stands already for ids that turn out to be missing: they were told as lost. It then knows its last id. */
export function isToldAlready(rows: GapRows, key: string, hole: Hole): boolean {
  const { fromId, toId, toMicros, offset } = hole;
  const told = rows.of(key).filter((gap) => gap.toMicros >= 0 && gap.fromId >= 0 && gap.fromId <= fromId);
  if (told.some((gap) => gap.toId >= toId)) return true;
  const endless = told.find((gap) => gap.toId < 0 && gap.fromId === fromId);
  if (endless === undefined) return false;
  rows.change(endless, { toId, toMicros: Math.max(endless.toMicros, toMicros) }, offset);
  return true;
}

/** The oldest hole is forgotten: its gap can not be filled any more. */
export function giveUp(
  rows: GapRows,
  key: string,
  range: Pick<Hole, 'fromId' | 'toId' | 'offset' | 'receiveMicros'>,
): void {
  const { toId, offset } = range;
  const touched = rows
    .of(key)
    .filter((gap) => gap.fromId >= 0 && gap.toId >= range.fromId && gap.fromId <= toId);
  for (const gap of touched) {
    const newer = { ...rest(gap), fromId: toId + 1, toId: gap.toId };
    rows.change(gap, { toId: Math.min(gap.toId, toId), state: 'unfillable', reason: GIVEN_UP }, offset);
    // A row that stands for several holes: the newer ones can still be filled.
    if (newer.toId > toId) rows.open(newer, range);
  }
}

/** History arrived while the line is down: what is missing begins later now. */
export function advance(rows: GapRows, gap: MutableGap, { id, eventMicros, offset }: Arrival): void {
  const fromMicros = Math.max(gap.fromMicros, eventMicros);
  rows.change(gap, { fromMicros, fromId: gap.fromId < 0 ? -1 : id + 1 }, offset);
}

/** A live tick came: the gap that lasted ends, and is filled where nothing can have been missed. */
export function end(
  rows: GapRows,
  gap: MutableGap,
  {
    arrival,
    isCovered,
    ...times
  }: { arrival: Arrival; isCovered: boolean; seenSinceMicros: number; calendar: SessionCalendar },
): void {
  const { eventMicros, offset } = arrival;
  rows.change(gap, { toMicros: gapEndOf(gap, { eventMicros, ...times }) }, offset);
  if (isCovered) {
    rows.change(gap, { fromId: -1 }, offset);
    rows.fill(gap, 'nothing was missed: the ids follow one another', offset);
  } else if (gap.fromId >= 0) {
    // Normally the hole has ended the gap. It was told before only where the loaded states do not belong together.
    rows.change(gap, { toId: arrival.id - 1 }, offset);
  } else if (isClosedTime(gap, times.calendar)) {
    rows.fill(gap, 'nothing was missed: the venue was closed', offset);
  }
}

function shrinkStart(rows: GapRows, gap: MutableGap, arrival: Arrival, calendar: SessionCalendar): void {
  const { id, eventMicros, offset } = arrival;
  if (id > 0 && eventMicros >= gap.fromMicros) {
    rows.change(gap, { toId: id - 1, toMicros: Math.min(gap.toMicros, eventMicros) }, offset);
    return;
  }
  rows.fill(gap, WHOLE, offset);
  beginAt(rows, gap, arrival, calendar);
}

/** History went further back than the gap before the first tick: its own first minute is not whole, and is left at that. */
function beginAt(rows: GapRows, gap: MutableGap, oldest: Arrival, calendar: SessionCalendar): void {
  const span = startGapOf(oldest, { calendar, seenSinceMicros: -1 });
  if (span === undefined) return;
  const { instrument, cause } = gap;
  rows.open({ instrument, cause, ...span, state: 'unfillable', reason: NOT_ASKED_FOR }, oldest);
}

function narrow(
  rows: GapRows,
  gap: MutableGap,
  { fromId, toId, arrival }: { fromId: number; toId: number; arrival: Arrival },
): void {
  const at = clamp(arrival.eventMicros, gap);
  const fromMicros = fromId === arrival.id + 1 ? at : gap.fromMicros;
  const toMicros = toId === arrival.id - 1 ? at : gap.toMicros;
  rows.change(gap, { fromId, toId, fromMicros, toMicros }, arrival.offset);
}

function split(rows: GapRows, gap: MutableGap, arrival: Arrival): void {
  const at = clamp(arrival.eventMicros, gap);
  const upper = { ...rest(gap), fromMicros: at, fromId: arrival.id + 1, toId: gap.toId };
  rows.change(gap, { toId: arrival.id - 1, toMicros: at }, arrival.offset);
  rows.open(upper, arrival);
}

/** What a row that is split off takes over. */
function rest({
  instrument,
  cause,
  state,
  fromMicros,
  toMicros,
  openedOffset,
  openedMicros,
}: MutableGap): GapStart {
  const opened = { offset: openedOffset, receiveMicros: openedMicros };
  return { instrument, cause, state, fromMicros, toMicros, opened };
}

function clamp(micros: number, { fromMicros, toMicros }: MutableGap): number {
  return Math.min(Math.max(micros, fromMicros), toMicros);
}
