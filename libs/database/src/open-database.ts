import { mkdirSync } from 'node:fs';
import { basename, dirname, resolve } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { EngineDatabase } from './engine-database.ts';
import type { Database } from './database.ts';
import { MEMORY, openEngine } from './engine.ts';
import type { Engine, EngineSettings } from './engine.ts';
import { DatabaseOptionsError } from './errors.ts';
import type { Holder } from './errors.ts';
import { classifyOpening } from './error-classification.ts';
import { fileIdentity, ownLocks } from './lock-table.ts';
import type { FileIdentity } from './lock-table.ts';
import { addOpenFile } from './open-files.ts';
import { holderNow, takeOwnership } from './ownership.ts';
import type { Ownership } from './ownership.ts';
import { realPath } from './real-path.ts';
import { WAL_LIMIT_BYTES } from './wal-watch.ts';
import { tryWriteAheadLog } from './wal-trial.ts';

export interface DatabaseOptions {
  /** The file, created when absent together with its folder; or `:memory:`, which is never shared. */
  readonly path: string;
  /** Connections that read, 2 unless told. */
  readonly readConnections?: number;
  /** The engine's own threads, 2 unless told. */
  readonly threads?: number;
  /** Memory the engine may use, `1GB` unless told. */
  readonly memoryLimit?: string;
  /** What the opener is called in errors, log and metrics: `tick file`. The file's name unless told. */
  readonly owner?: string;
  /** Beyond this size of the write-ahead log there is a warning and a checkpoint; `WAL_LIMIT_BYTES` unless told. */
  readonly walLimitBytes?: number;
  readonly log: Log;
  readonly clock?: Clock;
}

interface Entry {
  readonly settings: EngineSettings;
  readonly holder: Holder;
  readonly database: Promise<Database>;
  /** Set once it is being closed: an open that comes then waits for it and opens anew. Stays when closing failed. */
  closing: Promise<void> | undefined;
}

/** An opening that takes longer than this is told to the user. */
const OPEN_USUAL_MS = 250;

// One entry a real path: two engines on one file, or a second open and close of it, drop the operating system's lock.
const open = new Map<string, Entry>();

/**
 * Opens a database as its one owner. Concurrent opens of one path in one thread get the same promise, later ones the
 * same handle; another path does not wait. A failed open leaves nothing behind. Errors: DatabaseLockedError (another
 * process has it), DatabaseOwnedError (another thread of this process has it, or an engine that was not opened here),
 * DatabaseOptionsError (open here with other options), DatabaseDamagedError, DatabaseOpenError.
 */
export function openDatabase(options: DatabaseOptions): Promise<Database> {
  const settings: EngineSettings = {
    readConnections: options.readConnections ?? 2,
    threads: options.threads ?? 2,
    memoryLimit: options.memoryLimit ?? '1GB',
  };
  if (options.path === MEMORY) return inMemory(settings, options);
  let path: string;
  try {
    mkdirSync(dirname(resolve(options.path)), { recursive: true });
    path = realPath(options.path);
  } catch (error) {
    return Promise.reject(classifyOpening(options.path, error));
  }
  const entry = open.get(path);
  if (entry === undefined) return openPath(path, settings, options);
  if (entry.closing !== undefined) return entry.closing.then(() => openDatabase(options));
  const differing = differences(entry.settings, settings);
  if (differing.length > 0)
    return Promise.reject(new DatabaseOptionsError({ path, differing, holder: entry.holder }));
  return entry.database;
}

function openPath(path: string, settings: EngineSettings, options: DatabaseOptions): Promise<Database> {
  const holder = holderNow(options.owner ?? basename(path), options.clock ?? systemClock);
  const database = ownFile({ path, holder, settings, options }, (closed) => {
    entry.closing = forgetAfter(path, closed);
    entry.closing.catch(() => {
      // The engine is still open: the path stays taken, and an open of it gets this error.
    });
  });
  const entry: Entry = { settings, holder, database, closing: undefined };
  open.set(path, entry);
  database.catch(() => open.delete(path));
  return database;
}

async function forgetAfter(path: string, closed: Promise<void>): Promise<void> {
  await closed;
  open.delete(path);
}

interface Opening {
  readonly path: string;
  readonly holder: Holder;
  readonly settings: EngineSettings;
  readonly options: DatabaseOptions;
}

/** Opens a file under a claim that lasts until its engine is closed. */
async function ownFile(
  opening: Opening,
  onClosing: (closed: Promise<void>) => void,
): Promise<EngineDatabase> {
  const ownership = await takeOwnership(opening.path, opening.holder);
  try {
    return await openFile(opening, (closed) => {
      onClosing(releaseAfter(ownership, closed));
    });
  } catch (error) {
    await ownership.release();
    throw error;
  }
}

async function releaseAfter(ownership: Ownership, closed: Promise<void>): Promise<void> {
  await closed;
  await ownership.release();
}

async function openFile(
  { path, holder, settings, options }: Opening,
  onClosing: (closed: Promise<void>) => void,
): Promise<EngineDatabase> {
  const startedMs = performance.now();
  const hadLog = await tryWriteAheadLog(path);
  const engine = await openEngine(path, settings);
  const identity = await watchedIdentity(path);
  const database = engineDatabase({ path, owner: holder.owner, engine, options }, (closed) => {
    // Before the engine lets go of the lock, or the watch would miss it.
    forget();
    closed.catch(() => addOpenFile(file));
    onClosing(closed);
  });
  const file = { database, identity, abandon: () => database.abandon() };
  const forget = addOpenFile(file);
  const durationMs = Math.round(performance.now() - startedMs);
  const fields = { path, owner: holder.owner, mode: 'read-write', durationMs, ...settings };
  if (hadLog) options.log.info(fields, 'database opened, after applying the log that its last process left');
  else if (durationMs > OPEN_USUAL_MS) options.log.info(fields, 'database opened, which took a while');
  else options.log.debug(fields, 'database opened');
  return database;
}

/** Undefined where the kernel does not tell of the lock that we have just taken: it could then not tell of its loss. */
async function watchedIdentity(path: string): Promise<FileIdentity | undefined> {
  const identity = await fileIdentity(path);
  return identity !== undefined && ownLocks()?.has(identity) === true ? identity : undefined;
}

async function inMemory(settings: EngineSettings, options: DatabaseOptions): Promise<Database> {
  const engine = await openEngine(MEMORY, settings);
  const owner = options.owner ?? MEMORY;
  const database = engineDatabase({ path: MEMORY, owner, engine, options }, () => {
    forget();
  });
  const forget = addOpenFile({ database, identity: undefined, abandon: () => database.abandon() });
  return database;
}

function engineDatabase(
  parts: { path: string; owner: string; engine: Engine; options: DatabaseOptions },
  onClosing: (closed: Promise<void>) => void,
): EngineDatabase {
  const { path, owner, engine, options } = parts;
  const { log, clock = systemClock, walLimitBytes = WAL_LIMIT_BYTES } = options;
  return new EngineDatabase({ path, owner, engine, walLimitBytes, log, clock, onClosing });
}

function differences(a: EngineSettings, b: EngineSettings): string[] {
  const names = ['readConnections', 'threads', 'memoryLimit'] as const;
  return names.filter((name) => a[name] !== b[name]).map((name) => `${name} ${a[name]}, not ${b[name]}`);
}
