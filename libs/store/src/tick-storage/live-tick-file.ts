import { mkdir, rename, rm, stat } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import type { CoverageRow, InstrumentRow } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import { errorCode, syncFolder } from '../files/atomic-file.ts';
import { toldByParts } from './parts-instruments.ts';
import { isOlderVersion, migrateTickFile } from './tick-migration.ts';
import { listParts, listVenueParts } from './tick-paths.ts';
import type { TickPaths } from './tick-paths.ts';
import { createTickTables } from './tick-schema.ts';
import { SEALING_CATALOG, sqlText } from '../ticks/tick-source.ts';
import {
  readCoverage,
  readInstruments,
  readState,
  writeCoverage,
  writeInstruments,
  writeState,
} from './tick-state.ts';

/** What opening files takes. */
export interface TickFileContext {
  readonly paths: TickPaths;
  readonly log: Log;
  readonly clock: Clock;
}

/** An open live file, with the sealing file attached where there is one. */
export interface LiveFile {
  readonly database: Database;
  /** Offset where the attached sealing file begins; undefined when none is attached. */
  readonly sealingFrom: number | undefined;
}

// Queries, a COPY that seals, and a stream that a slow consumer holds must not wait for each other.
const READ_CONNECTIONS = 4;

/** What a new live file begins with. */
interface Carried {
  readonly offset: number;
  readonly receiveMicros: number;
  readonly instruments: readonly InstrumentRow[];
  readonly coverage: readonly CoverageRow[];
  readonly coverageOffset: number;
}

export function openTickDatabase(context: TickFileContext, path: string): Promise<Database> {
  const { log, clock } = context;
  return openDatabase({ path, owner: 'tick file', readConnections: READ_CONNECTIONS, log, clock });
}

/**
 * Opens the live file, whatever a crash has left: makes it where it is missing, with the state of the sealing file where
 * that one was renamed but not yet followed.
 */
export async function openLiveFile(context: TickFileContext): Promise<LiveFile> {
  const { paths } = context;
  await mkdir(paths.liveFolder, { recursive: true });
  const hasSealing = await exists(paths.sealing);
  const open = (path: string): Promise<Database> => openTickDatabase(context, path);
  if (hasSealing) await migrateTickFile(context, paths.sealing, open);
  if (!(await exists(paths.live))) {
    await setAsideStrayLog(context);
    await createLiveFile(context, hasSealing ? await carriedFrom(context) : await carriedFromParts(context));
  }
  if (hasSealing) await settleSealingFile(context);
  const database = await openNewestLive(context, open);
  if (!hasSealing) return { database, sealingFrom: undefined };
  try {
    return { database, sealingFrom: await attachSealing(database, paths.sealing) };
  } catch (error) {
    await database.close();
    throw error;
  }
}

/** The open live file, migrated where an older release wrote it. */
async function openNewestLive(
  context: TickFileContext,
  open: (path: string) => Promise<Database>,
): Promise<Database> {
  const { live } = context.paths;
  const database = await open(live);
  let isOlder = true;
  try {
    isOlder = await isOlderVersion(database);
    if (!isOlder) return database;
  } finally {
    if (isOlder) await database.close();
  }
  await migrateTickFile(context, live, open);
  return open(live);
}

/** Makes a live file under a temporary name and renames it into place, so that a half-made one is never opened. */
export async function createLiveFile(context: TickFileContext, carried: Carried): Promise<void> {
  const { fresh, live, liveFolder } = context.paths;
  await rm(fresh, { force: true });
  await rm(`${fresh}.wal`, { force: true });
  const database = await openTickDatabase(context, fresh);
  try {
    await database.write(async (tx) => {
      await createTickTables(tx);
      await writeInstruments(tx, carried.instruments, 0);
      await writeCoverage(tx, carried.coverage, carried.coverageOffset);
      const { offset, receiveMicros } = carried;
      await writeState(tx, { appliedOffset: offset, sealedOffset: offset, receiveMicros });
    });
  } finally {
    // Closing checkpoints: no log is left that would not be renamed with the file.
    await database.close();
  }
  await rename(fresh, live);
  await syncFolder(liveFolder);
}

/** The state that a sealing file hands on to the live file that follows it. */
export async function carriedFrom(context: TickFileContext): Promise<Carried> {
  const database = await openTickDatabase(context, context.paths.sealing);
  try {
    const { appliedOffset, receiveMicros } = await readState(database);
    const instruments = await readInstruments(database);
    return { offset: appliedOffset, receiveMicros, instruments, ...(await readCoverage(database)) };
  } finally {
    await database.close();
  }
}

/** Without a live file the sealed parts tell how far we are: what lies behind is read from the journal again. */
async function carriedFromParts(context: TickFileContext): Promise<Carried> {
  const folder = context.paths.parts;
  const parts = [...(await listParts(folder)), ...(await listVenueParts(folder))];
  const offset = parts.reduce((next, part) => Math.max(next, part.lastOffset + 1), 0);
  const nothing = { coverage: [], coverageOffset: offset };
  if (offset === 0) return { offset, receiveMicros: 0, instruments: [], ...nothing };
  const path = context.paths.live;
  context.log.warn(
    { path, offset },
    'the live tick file is missing: a new one goes on from the sealed parts',
  );
  return { offset, ...(await toldByParts(context, parts)), ...nothing };
}

/** Brings a log that is left beside the sealing file into it: it is attached read-only, which does not. */
async function settleSealingFile(context: TickFileContext): Promise<void> {
  if (!(await exists(`${context.paths.sealing}.wal`))) return;
  const database = await openTickDatabase(context, context.paths.sealing);
  await database.close();
}

/** Attaches the sealing file; gives the offset that it begins at. */
async function attachSealing(database: Database, path: string): Promise<number> {
  await database.write((tx) => tx.run(`ATTACH ${sqlText(path)} AS ${SEALING_CATALOG} (READ_ONLY)`));
  const [row] = await database.read(`SELECT max(sealed_offset) AS sealed FROM ${SEALING_CATALOG}.state`);
  return Number(row['sealed']);
}

/** A log without its file cannot be used and would be offered to the next file of that name. */
async function setAsideStrayLog(context: TickFileContext): Promise<void> {
  const stray = `${context.paths.live}.wal`;
  if (!(await exists(stray))) return;
  const { quarantine } = context.paths;
  const to = join(quarantine, `${basename(stray)}.${context.clock.nowMicros()}`);
  await mkdir(quarantine, { recursive: true });
  await rename(stray, to);
  await syncFolder(dirname(stray));
  context.log.warn({ path: stray, to }, 'a log without its tick file was set aside');
}

export async function exists(path: string): Promise<boolean> {
  try {
    await stat(path);
    return true;
  } catch (error) {
    if (errorCode(error) === 'ENOENT') return false;
    throw error;
  }
}
