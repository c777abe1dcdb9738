import { link, mkdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import type { Database } from '@tickwright/database';
import { TickKind, ToldBy, VenueRowKind } from '@tickwright/market';
import { syncFile, syncFolder } from '../files/atomic-file.ts';
import { copyClosed } from '../files/closed-copy.ts';
import type { TickFileContext } from './live-tick-file.ts';
import { TICK_SCHEMA_VERSION, VENUE_TABLES } from './tick-schema.ts';

/** The oldest version that can be migrated. */
export const OLDEST_TICK_SCHEMA = 1;

/** Statements that bring a file of the version before to this one. */
const MIGRATIONS: Readonly<Record<number, readonly string[]>> = {
  2: [
    ...VENUE_TABLES,
    // Nothing was seen of an instrument before the first tick that is stored of it.
    `INSERT INTO venue_rows
     SELECT instrument, ${VenueRowKind.unseen}, 1, make_timestamp(0), min(event_time), 0, 0, 0, 0, 0, -1, ${ToldBy.fold},
       arg_min(receive_time, event_time), arg_min(frame_offset, event_time), 0
     FROM ticks WHERE kind <> ${TickKind.quote} GROUP BY instrument`,
  ],
};

/**
 * Migrates a tick file that nobody has open: a copy of it, which then takes its place; the original goes into quarantine.
 * Does nothing to one of this version, or of a newer. A crash leaves the file as it was, or migrated.
 */
export async function migrateTickFile(
  context: TickFileContext,
  path: string,
  open: (path: string) => Promise<Database>,
): Promise<void> {
  const version = await versionOf(path, open);
  if (!isOlder(version)) return;
  const copy = `${path}.migrated`;
  await rm(copy, { force: true });
  await rm(`${copy}.wal`, { force: true });
  await copyClosed(path, copy);
  const database = await open(copy);
  try {
    await database.write(async (tx) => {
      for (let next = version + 1; next <= TICK_SCHEMA_VERSION; next++)
        for (const sql of MIGRATIONS[next] ?? []) await tx.run(sql);
      await tx.run(
        `INSERT INTO state SELECT applied_offset, receive_time, sealed_offset, ${TICK_SCHEMA_VERSION}
         FROM state ORDER BY applied_offset DESC LIMIT 1`,
      );
    });
  } finally {
    // Closing checkpoints: no log is left that would not be renamed with the file.
    await database.close();
  }
  await syncFile(copy);
  const { log, clock, paths } = context;
  const kept = join(paths.quarantine, `${basename(path)}.version-${version}.${clock.nowMicros()}`);
  await mkdir(paths.quarantine, { recursive: true });
  // Where links are not to be had the original is not kept: what it held is in the copy.
  await link(path, kept).catch(() => undefined);
  await rename(copy, path);
  await syncFolder(dirname(path));
  log.info(
    { path, kept, from: version, to: TICK_SCHEMA_VERSION },
    'migrated a tick file of an older release',
  );
}

/** The newest version that the file's states name; closing it brings its log into the file. */
async function versionOf(
  path: string,
  open: (path: string) => Promise<Database>,
): Promise<number | undefined> {
  const database = await open(path);
  try {
    return await newestVersion(database);
  } finally {
    await database.close();
  }
}

/** Whether an open file is to be migrated. */
export async function isOlderVersion(database: Database): Promise<boolean> {
  return isOlder(await newestVersion(database));
}

function isOlder(version: number | undefined): version is number {
  return version !== undefined && version >= OLDEST_TICK_SCHEMA && version < TICK_SCHEMA_VERSION;
}

async function newestVersion(database: Database): Promise<number | undefined> {
  const [row] = await database.read('SELECT max(schema_version) AS version FROM state');
  const version = row?.['version'];
  return typeof version === 'number' ? version : undefined;
}
