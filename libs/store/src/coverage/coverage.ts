import { setImmediate as nextTurn } from 'node:timers/promises';
import { dayCoverage, daysOf } from '@tickwright/market';
import type {
  Calendars,
  DayCoverage,
  InstrumentTable,
  MinuteEvidence,
  SessionCalendar,
  TimeSpan,
  UnfilledGap,
} from '@tickwright/market';
import { tickEvidence } from './tick-evidence.ts';
import type { TickEvidence, TickLender } from './tick-evidence.ts';
import { venueEvidence } from './venue-evidence.ts';
import type { VenueEvidence, VenueReader } from './venue-evidence.ts';

/** Instruments that are read at a time: a day of them without a pause has 360,000 minutes. */
const INSTRUMENTS_AT_A_TIME = 250;
/** Instruments that are judged before others of the process have their turn. */
const INSTRUMENTS_A_TURN = 20;

/** Open times of the published 1m candles of some instruments in a span, by key. */
export interface PresentReader {
  present(span: TimeSpan, keys: readonly string[]): Promise<ReadonlyMap<string, ReadonlySet<number>>>;
}

export interface CoverageOptions {
  /** Whole minutes, all of them over. */
  readonly span: TimeSpan;
  readonly keys: readonly string[];
  readonly instruments: InstrumentTable;
  readonly calendars: Calendars;
  readonly published: PresentReader;
  readonly ticks: TickLender & VenueReader;
  readonly gaps: readonly (UnfilledGap & { readonly instrument: string })[];
  /** Until when an instrument is known to have been subscribed, microseconds UTC; -1 where it is not any more. */
  readonly watchedUntil: (key: string) => number;
  readonly signal?: AbortSignal;
}

export interface InstrumentDay extends DayCoverage {
  /** Its key. */
  readonly instrument: string;
}

/**
 * Every instrument's days, one after the other: expected minutes against candles, and what is known of those without one.
 * Reads only what is stored and published. Throws a CalendarYearError for a year that a calendar has no data for.
 */
export async function* coverageDays(options: CoverageOptions): AsyncGenerator<InstrumentDay> {
  for (const [name, keys] of byCalendar(options)) {
    for (let at = 0; at < keys.length; at += INSTRUMENTS_AT_A_TIME) {
      yield* daysOfSome(options, options.calendars(name), keys.slice(at, at + INSTRUMENTS_AT_A_TIME));
    }
  }
}

async function* daysOfSome(
  options: CoverageOptions,
  calendar: SessionCalendar,
  keys: readonly string[],
): AsyncGenerator<InstrumentDay> {
  const { span, ticks, published, instruments, signal } = options;
  const days = daysOf(calendar, span);
  if (days.length === 0) return;
  const told = await tickEvidence(ticks, span, keys);
  const gaps = gapsOf(options);
  for (const day of days) {
    signal?.throwIfAborted();
    const [present, venue] = [
      await published.present(day, keys),
      await venueEvidence(ticks, { span: day, keys, instruments }),
    ];
    for (const [at, key] of keys.entries()) {
      if (at % INSTRUMENTS_A_TURN === 0) await nextTurn();
      const evidence = evidenceOf({
        present: present.get(key),
        venue: venue.get(key),
        told: told.get(key),
        gaps: gaps.get(key),
        watchedUntil: options.watchedUntil(key),
      });
      yield { instrument: key, ...dayCoverage(calendar, day, evidence) };
    }
  }
}

const NONE: ReadonlySet<number> = new Set();

function evidenceOf(known: {
  readonly present: ReadonlySet<number> | undefined;
  readonly venue: VenueEvidence | undefined;
  readonly told: TickEvidence | undefined;
  readonly gaps: readonly UnfilledGap[] | undefined;
  readonly watchedUntil: number;
}): MinuteEvidence {
  const { present = NONE, venue, told, gaps = [], watchedUntil } = known;
  // From its first tick on it was subscribed, or else a gap says so.
  const watched =
    told === undefined ? [] : [{ from: told.firstMicros, to: Math.max(told.lastMicros, watchedUntil) }];
  return {
    present,
    untraded: venue?.untraded ?? NONE,
    traded: venue?.traded ?? NONE,
    contiguous: told?.contiguous ?? [],
    watched,
    gaps,
  };
}

function gapsOf({ gaps }: CoverageOptions): Map<string, UnfilledGap[]> {
  const found = new Map<string, UnfilledGap[]>();
  for (const gap of gaps) {
    const list = found.get(gap.instrument);
    if (list === undefined) found.set(gap.instrument, [gap]);
    else list.push(gap);
  }
  return found;
}

function byCalendar({ keys, instruments }: CoverageOptions): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const { calendar } = instruments.at(instruments.indexOf(key));
    const list = found.get(calendar);
    if (list === undefined) found.set(calendar, [key]);
    else list.push(key);
  }
  return found;
}
