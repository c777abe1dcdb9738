import { mkdirSync, realpathSync } from 'node:fs';
import { basename, dirname, join, resolve } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { EngineDatabase } from './database.ts';
import type { Database } from './database.ts';
import { MEMORY, openEngine } from './engine.ts';
import type { EngineSettings } from './engine.ts';
import { DatabaseOptionsError } from './errors.ts';
import { classifyOpening } from './error-classification.ts';
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
  readonly log: Log;
  readonly clock?: Clock;
}

interface Entry {
  readonly settings: EngineSettings;
  readonly database: Promise<Database>;
  /** Set once it is being closed: an open that comes then waits for it and opens anew. Stays when closing failed. */
  closing: Promise<void> | undefined;
}

// One entry a real path: two engines on one file, or a second open and close of it, drop the operating system's lock.
const open = new Map<string, Entry>();

/**
 * Opens a database as its one owner. Concurrent opens of one path get the same promise, later ones the same handle;
 * another path does not wait. A failed open leaves nothing behind. Errors: DatabaseLockedError (another process has it),
 * DatabaseDamagedError, DatabaseOptionsError (open here with other options), DatabaseOpenError.
 */
export function openDatabase(options: DatabaseOptions): Promise<Database> {
  const settings: EngineSettings = {
    readConnections: options.readConnections ?? 2,
    threads: options.threads ?? 2,
    memoryLimit: options.memoryLimit ?? '1GB',
  };
  if (options.path === MEMORY) return create(MEMORY, settings, options, () => undefined);
  let path: string;
  try {
    path = realPath(options.path);
  } catch (error) {
    return Promise.reject(classifyOpening(options.path, error));
  }
  const entry = open.get(path);
  if (entry === undefined) return openPath(path, settings, options);
  if (entry.closing !== undefined) return entry.closing.then(() => openDatabase(options));
  const differing = differences(entry.settings, settings);
  if (differing.length > 0) return Promise.reject(new DatabaseOptionsError({ path, differing }));
  return entry.database;
}

function openPath(path: string, settings: EngineSettings, options: DatabaseOptions): Promise<Database> {
  const database = create(path, settings, options, (closed) => {
    entry.closing = forgetAfter(path, closed);
    entry.closing.catch(() => {
      // The engine is still open: the path stays taken, and an open of it gets this error.
    });
  });
  const entry: Entry = { settings, database, closing: undefined };
  open.set(path, entry);
  database.catch(() => open.delete(path));
  return database;
}

async function forgetAfter(path: string, closed: Promise<void>): Promise<void> {
  await closed;
  open.delete(path);
}

async function create(
  path: string,
  settings: EngineSettings,
  options: DatabaseOptions,
  onClosing: (closed: Promise<void>) => void,
): Promise<Database> {
  const clock = options.clock ?? systemClock;
  if (path !== MEMORY) await tryWriteAheadLog(path);
  const engine = await openEngine(path, settings);
  options.log.debug({ path, ...settings }, 'database opened');
  return new EngineDatabase({ path, engine, log: options.log, clock, onClosing });
}

/** The path without links, so that two names of one file are one entry. The file itself may not exist yet. */
function realPath(path: string): string {
  const full = resolve(path);
  mkdirSync(dirname(full), { recursive: true });
  try {
    return realpathSync.native(full);
  } catch {
    return join(realpathSync.native(dirname(full)), basename(full));
  }
}

function differences(a: EngineSettings, b: EngineSettings): string[] {
  const names = ['readConnections', 'threads', 'memoryLimit'] as const;
  return names.filter((name) => a[name] !== b[name]).map((name) => `${name} ${a[name]}, not ${b[name]}`);
}
