import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { errorCode } from '../files/atomic-file.ts';

/** The files of the tick side under a data directory. */
export interface TickPaths {
  readonly liveFolder: string;
  readonly live: string;
  /** The last live file while it is being turned into parts. */
  readonly sealing: string;
  /** A live file that is being made. */
  readonly fresh: string;
  readonly parts: string;
  /** Where parts are written before they are moved into place; not seen by `ticks/**` readers, it holds no `.parquet`. */
  readonly unfinished: string;
  readonly quarantine: string;
}

/** What stands in a part: ticks, or what is known from elsewhere. */
export type PartExtension = 'parquet' | 'venue';

export function tickPaths(dataDir: string): TickPaths {
  const liveFolder = join(dataDir, 'live');
  return {
    liveFolder,
    live: join(liveFolder, 'ticks_today.duckdb'),
    sealing: join(liveFolder, 'ticks_sealing.duckdb'),
    fresh: join(liveFolder, 'ticks_today.duckdb.new'),
    parts: join(dataDir, 'ticks'),
    unfinished: join(dataDir, 'ticks', '.unfinished'),
    quarantine: join(dataDir, 'quarantine'),
  };
}

/** A sealed part: the ticks, or venue rows, of one segment and one day with offsets `firstOffset`..`lastOffset`, both inclusive. */
export interface TickPart {
  readonly segment: string;
  /** The segment's calendar date of receiveTime, `YYYY-MM-DD`. */
  readonly date: string;
  readonly firstOffset: number;
  readonly lastOffset: number;
  readonly path: string;
}

const SEGMENT_FOLDER = /^segment=([A-Z][A-Z0-9_]*)$/;
const DATE_FOLDER = /^date=(\d{4}-\d{2}-\d{2})$/;
const PART_FILE = /^(\d{1,16})-(\d{1,16})\.(parquet|venue)$/;

export function partPath(
  parts: string,
  part: Omit<TickPart, 'path'>,
  extension: PartExtension = 'parquet',
): string {
  const name = `${part.firstOffset}-${part.lastOffset}.${extension}`;
  return join(parts, `segment=${part.segment}`, `date=${part.date}`, name);
}

/** All sealed parts of ticks, by segment, date and offset. Files of another name are not ours and are left out. */
export function listParts(parts: string): Promise<TickPart[]> {
  return partsOf(parts, 'parquet');
}

/** All sealed parts of venue rows; they stand beside those of ticks, and there need not be any. */
export function listVenueParts(parts: string): Promise<TickPart[]> {
  return partsOf(parts, 'venue');
}

export async function partsOf(parts: string, extension: PartExtension): Promise<TickPart[]> {
  const found: TickPart[] = [];
  for (const segmentName of await namesIn(parts)) {
    const segment = SEGMENT_FOLDER.exec(segmentName)?.[1];
    if (segment === undefined) continue;
    for (const dateName of await namesIn(join(parts, segmentName))) {
      const date = DATE_FOLDER.exec(dateName)?.[1];
      if (date === undefined) continue;
      const folder = join(parts, segmentName, dateName);
      found.push(...(await partsIn(folder, { segment, date, extension })));
    }
  }
  return found;
}

async function partsIn(
  folder: string,
  { segment, date, extension }: { segment: string; date: string; extension: PartExtension },
): Promise<TickPart[]> {
  const found: TickPart[] = [];
  for (const name of await namesIn(folder)) {
    const match = PART_FILE.exec(name);
    if (match === null || match[3] !== extension) continue;
    const [firstOffset, lastOffset] = [Number(match[1]), Number(match[2])];
    found.push({ segment, date, firstOffset, lastOffset, path: join(folder, name) });
  }
  return found.sort((a, b) => a.firstOffset - b.firstOffset);
}

async function namesIn(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (errorCode(error) === 'ENOENT' || errorCode(error) === 'ENOTDIR') return [];
    throw error;
  }
}
