import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../files/atomic-file.ts';

export const HOUR_MICROS = 3_600_000_000;
export const DAY_MICROS = 24 * HOUR_MICROS;

const SEGMENT = /^[A-Z][A-Z0-9_]*$/;
const DATE = /^\d{4}-\d{2}-\d{2}$/;
const SEGMENT_FOLDER = /^segment=([A-Z][A-Z0-9_]*)$/;
const DATE_FOLDER = /^date=(\d{4}-\d{2}-\d{2})$/;
const HOUR_FILE = /^([01]\d|2[0-3])\.parquet$/;

/** A candle file that exists: one UTC hour of the running day, or a finished day. */
export interface CandlePiece {
  readonly kind: 'hour' | 'day';
  readonly segment: string;
  /** UTC, `YYYY-MM-DD`. */
  readonly date: string;
  readonly path: string;
  /** First and last-plus-one openTime that it can hold, microseconds UTC. */
  readonly from: number;
  readonly to: number;
}

/** The UTC date of a moment, `YYYY-MM-DD`. */
export function utcDate(micros: number): string {
  return new Date(Math.floor(micros / 1000)).toISOString().slice(0, 10);
}

/** A date's first moment, microseconds UTC. Throws a RangeError for what is not a `YYYY-MM-DD` date. */
export function dateMicros(date: string): number {
  const micros = DATE.test(date) ? Date.parse(`${date}T00:00:00Z`) * 1000 : Number.NaN;
  if (!Number.isFinite(micros)) throw new RangeError(`"${date}" is not a date: expected YYYY-MM-DD`);
  return micros;
}

export function hourPiece(dataDir: string, segment: string, hourMicros: number): CandlePiece {
  if (!Number.isSafeInteger(hourMicros) || hourMicros % HOUR_MICROS !== 0) {
    throw new RangeError(`${hourMicros} is not the start of a UTC hour in microseconds`);
  }
  const date = utcDate(hourMicros);
  const name = new Date(hourMicros / 1000).toISOString().slice(11, 13);
  const path = join(liveFolder(dataDir), ...folders(segment, date), `${name}.parquet`);
  return { kind: 'hour', segment, date, path, from: hourMicros, to: hourMicros + HOUR_MICROS };
}

export function dayPiece(dataDir: string, segment: string, date: string): CandlePiece {
  const from = dateMicros(date);
  const path = join(dayFolder(dataDir), ...folders(segment, date), 'day.parquet');
  return { kind: 'day', segment, date, path, from, to: from + DAY_MICROS };
}

export interface PieceFilter {
  readonly dataDir: string;
  /** All segments when absent. */
  readonly segment?: string;
  /** Microseconds UTC, `to` exclusive; unbounded when absent. */
  readonly from?: number;
  readonly to?: number;
}

/**
 * The candle files that can hold a candle of [from, to), in order of segment and time. Of a day that exists whole and
 * in hours it gives the day. Hours are listed before days, because a day is written before its hours go: a listing the
 * other way round could see neither.
 */
export async function listPieces(filter: PieceFilter): Promise<CandlePiece[]> {
  const hours = await listHours(filter);
  const days = await listDays(filter);
  const finished = new Set(days.map((day) => `${day.segment} ${day.date}`));
  const unfinished = hours.filter((hour) => !finished.has(`${hour.segment} ${hour.date}`));
  return [...days, ...unfinished].sort((a, b) => compareText(a.segment, b.segment) || a.from - b.from);
}

/** The hour files that exist, also those of a finished day. */
export async function listHours(filter: PieceFilter): Promise<CandlePiece[]> {
  const found: CandlePiece[] = [];
  for (const { segment, date, folder } of await dateFolders(liveFolder(filter.dataDir), filter)) {
    for (const name of await namesIn(folder)) {
      const hour = HOUR_FILE.exec(name);
      if (hour === null) continue;
      const piece = hourPiece(filter.dataDir, segment, dateMicros(date) + Number(hour[1]) * HOUR_MICROS);
      if (overlaps(piece, filter)) found.push(piece);
    }
  }
  return found.sort((a, b) => compareText(a.segment, b.segment) || a.from - b.from);
}

async function listDays(filter: PieceFilter): Promise<CandlePiece[]> {
  const found: CandlePiece[] = [];
  for (const { segment, date, folder } of await dateFolders(dayFolder(filter.dataDir), filter)) {
    if ((await namesIn(folder)).includes('day.parquet')) found.push(dayPiece(filter.dataDir, segment, date));
  }
  return found;
}

async function dateFolders(root: string, filter: PieceFilter): Promise<DateFolder[]> {
  const segments = filter.segment === undefined ? await segmentsIn(root) : [filter.segment];
  const found: DateFolder[] = [];
  for (const segment of segments) {
    const parent = join(root, `segment=${segment}`);
    for (const name of await namesIn(parent)) {
      const date = DATE_FOLDER.exec(name)?.[1];
      if (date === undefined) continue;
      const from = dateMicros(date);
      if (overlaps({ from, to: from + DAY_MICROS }, filter))
        found.push({ segment, date, folder: join(parent, name) });
    }
  }
  return found;
}

interface DateFolder {
  readonly segment: string;
  readonly date: string;
  readonly folder: string;
}

async function segmentsIn(root: string): Promise<string[]> {
  const found = (await namesIn(root)).map((name) => SEGMENT_FOLDER.exec(name)?.[1]);
  return found.filter((segment) => segment !== undefined);
}

/** A folder that is not there, or not yet, has no files. */
async function namesIn(folder: string): Promise<string[]> {
  try {
    return await readdir(folder);
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}

function overlaps(span: { from: number; to: number }, filter: PieceFilter): boolean {
  return span.to > (filter.from ?? -Infinity) && span.from < (filter.to ?? Infinity);
}

function folders(segment: string, date: string): [string, string] {
  if (!SEGMENT.test(segment))
    throw new RangeError(`"${segment}" is not a market segment: expected upper case letters`);
  return [`segment=${segment}`, `date=${date}`];
}

export function liveFolder(dataDir: string): string {
  return join(dataDir, 'live', 'candles');
}

export function dayFolder(dataDir: string): string {
  return join(dataDir, 'candles');
}

function compareText(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0;
}
