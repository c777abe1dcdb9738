import { mkdir, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { JobPostponedError } from '@tickwright/jobs';
import type { Json } from '@tickwright/jobs';
import { MINUTE_MICROS } from '@tickwright/market';
import { writeFileAtomic } from '@tickwright/runtime';
import type { VenueDifference } from '@tickwright/store';
import { VenueRefusedError } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { storedMinutes } from '../recovery/stored-minutes.ts';
import type { VenueHistories } from '../recovery/venue-histories.ts';
import { compareWithVenue } from '../verification/venue-comparison.ts';
import type { SessionDay } from './session-days.ts';

/** A venue whose history lags is asked again after so long, so often at most. */
const LAG_MS = 300_000;
const LAG_TRIES_MAX = 12;
/** Differences listed in a report; all are counted. */
const LISTED_MAX = 10_000;
/** Reports kept. */
const REPORTS_MAX = 60;

export interface ComparisonParts {
  readonly core: Core;
  readonly histories: Pick<VenueHistories, 'of'>;
}

/** An instrument, and the minutes of a day in which it ticked. */
export interface ComparedInstrument {
  readonly instrument: string;
  readonly fromMicros: number;
  readonly toMicros: number;
}

/**
 * The instruments of a day's calendar that ticked on it and of which somebody can be asked, in order; each from its first
 * minute to its last. What is missing before and after is recovery's to see to.
 */
export async function comparedInstruments(
  { core, histories }: ComparisonParts,
  day: SessionDay,
): Promise<ComparedInstrument[]> {
  const { tickFile } = core;
  const { fromMicros, toMicros } = day;
  const keys = keysOf(core, day);
  if (keys.length === 0) return [];
  const rows = await tickFile.withTicks(
    { instruments: keys, fromMicros, toMicros },
    ({ database, relation }) =>
      database.read(
        `SELECT instrument, epoch_us(min(event_time)) AS first, epoch_us(max(event_time)) AS last
       FROM ${relation} GROUP BY instrument ORDER BY instrument`,
      ),
  );
  return rows
    .map((row) => ({
      instrument: String(row['instrument']),
      fromMicros: minuteOf(Number(row['first'])),
      toMicros: minuteOf(Number(row['last'])) + MINUTE_MICROS,
    }))
    .filter(({ instrument }) => histories.of(instrument) !== undefined);
}

function keysOf({ instruments }: Core, { calendar: name }: SessionDay): string[] {
  return instruments.list().flatMap(({ key, calendar }) => (calendar === name ? [key] : []));
}

function minuteOf(micros: number): number {
  return Math.floor(micros / MINUTE_MICROS) * MINUTE_MICROS;
}

/**
 * Has the venue tell its candles of an instrument's day, through the journal; nothing where it has told them. Errors:
 * JobPostponedError while its history lags behind, and the history's.
 */
export async function askForDay(
  { core, histories }: ComparisonParts,
  asked: { instrument: string; fromMicros: number; toMicros: number; tries: number; signal: AbortSignal },
): Promise<Json> {
  const { instrument: key, fromMicros, toMicros, tries, signal } = asked;
  const number = core.instruments.indexOf(key);
  const source = histories.of(key);
  if (number < 0 || source === undefined)
    return { asked: false, reason: `nobody here can be asked for ${key}` };
  const minutes = storedMinutes(core, signal);
  const untold = (): Promise<number> => minutes.uncovered(key, { fromMicros, toMicros });
  const before = await untold();
  if (before === 0) return { asked: false, untold: 0 };
  const instrument = core.instruments.at(number);
  try {
    await source.history.candles({ instrument, interval: '1m', fromMicros, toMicros, signal });
  } catch (error) {
    // One that is refused for good does not keep the others from being compared.
    if (error instanceof VenueRefusedError) return { asked: true, reason: error.message };
    throw error;
  }
  const left = await untold();
  if (left > 0 && left < before && tries < LAG_TRIES_MAX) {
    throw new JobPostponedError(`${source.venue} has not told ${left} minutes of ${key} yet`, {
      delayMs: LAG_MS,
    });
  }
  return { asked: true, untold: left };
}

/**
 * Compares the day's candles with the venue's own and writes each difference into `ingestor/end-of-day/`, replaced whole:
 * doing it again comes to the same.
 */
export async function reportDay(
  { core }: ComparisonParts,
  day: SessionDay,
  signal: AbortSignal,
): Promise<Json> {
  await core.settle(signal);
  signal.throwIfAborted();
  const ours = new Set(keysOf(core, day));
  const listed: VenueDifference[] = [];
  const byInstrument = new Map<string, number>();
  const { fromMicros, toMicros } = day;
  for await (const found of compareWithVenue(core, { fromMicros, toMicros })) {
    for (const one of found) {
      if (!ours.has(one.instrument)) continue;
      byInstrument.set(one.instrument, (byInstrument.get(one.instrument) ?? 0) + 1);
      if (listed.length < LISTED_MAX) listed.push(one);
    }
  }
  const differences = [...byInstrument.values()].reduce((sum, count) => sum + count, 0);
  const folder = join(core.dataDir, 'ingestor', 'end-of-day');
  await mkdir(folder, { recursive: true });
  const name = `${day.calendar}-${day.date}.json`;
  const report = { ...day, differences, byInstrument: Object.fromEntries(byInstrument), listed };
  await writeFileAtomic(join(folder, name), `${JSON.stringify(report, null, 2)}\n`);
  await removeOld(folder);
  core.log.info(
    { calendar: day.calendar, date: day.date, differences },
    "compared the day with the venue's candles",
  );
  return { differences, instruments: byInstrument.size, report: name };
}

/** Names of one calendar rise with their dates; the oldest of all go first. */
async function removeOld(folder: string): Promise<void> {
  const dateOf = (name: string): string => name.slice(-'2026-11-20.json'.length);
  const names = (await readdir(folder)).filter((name) => name.endsWith('.json'));
  const old = names.toSorted((a, b) => (dateOf(a) < dateOf(b) ? -1 : 1)).slice(0, -REPORTS_MAX);
  for (const name of old) await rm(join(folder, name), { force: true });
}
