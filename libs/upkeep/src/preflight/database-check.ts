import { stat } from 'node:fs/promises';
import {
  DatabaseFullError,
  DatabaseLockedError,
  DatabaseOpenError,
  DatabaseQueryError,
  tryDatabases,
} from '@tickwright/database';
import type { TableSum, Trial, TrialRow } from '@tickwright/database';
import { readAnchor } from '@tickwright/store';
import { damaged, fault, note, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';
import type { StoreDatabase } from './store-databases.ts';

/** `whole`: every row of every table is read; `opening`: it is opened with its log, and asked how far it is. */
export type TrialDepth = 'whole' | 'opening';

export interface CheckedDatabase {
  readonly findings: readonly Finding[];
  /** Empty unless every row was read. */
  readonly tables: readonly TableSum[];
}

const DEADLINE_MS = 600_000;

/**
 * Tries databases with their logs in a child process, and compares how far they are with what is told outside of them:
 * by all numbers of their anchors, or by some. In the order given.
 */
export async function checkDatabases(
  databases: readonly StoreDatabase[],
  depth: TrialDepth,
  isCompared: (name: string) => boolean = () => true,
): Promise<CheckedDatabase[]> {
  const sizes = await Promise.all(databases.map(({ path }) => sizeOf(path)));
  const present = databases.filter((_, at) => sizes[at] !== undefined);
  const trials = await tryDatabases(
    present.map((database) => ({
      path: database.path,
      statements: statementsOf(database),
      isSummed: depth === 'whole',
    })),
    DEADLINE_MS,
  );
  const checked: CheckedDatabase[] = [];
  for (const database of databases) {
    const trial = trials[present.indexOf(database)];
    if (trial === undefined) checked.push({ findings: await absent(database), tables: [] });
    else checked.push(await judge(database, trial, isCompared));
  }
  return checked;
}

async function judge(
  database: StoreDatabase,
  trial: Trial,
  isCompared: (name: string) => boolean,
): Promise<CheckedDatabase> {
  try {
    const told = toldBy(trial);
    const version = versionFinding(database, told);
    if (version !== undefined) return { findings: [version], tables: [] };
    const behind = await behindFindings(database, told, isCompared);
    const rows = told.sums.map(({ table, rows: count }) => `${table} ${count}`).join(', ');
    const whole = ok('database', database.path, rows === '' ? 'opens' : `every row was read: ${rows}`);
    return { findings: behind.length > 0 ? behind : [whole], tables: told.sums };
  } catch (error) {
    return { findings: [failure(database, error)], tables: [] };
  }
}

/** What a database says of itself; rows of tables that it does not have are absent. */
interface Told {
  readonly version: TrialRow | undefined;
  readonly anchors: readonly (TrialRow | undefined)[];
  readonly sums: readonly TableSum[];
}

function statementsOf({ version, anchors }: StoreDatabase): string[] {
  return [version?.sql ?? 'SELECT NULL AS version', ...anchors.map(({ sql }) => sql)];
}

function toldBy(trial: Trial): Told {
  if ('error' in trial) throw trial.error;
  const [version, ...anchors] = trial.results.map((result) => {
    if ('rows' in result) return result.rows[0];
    if (result.error instanceof DatabaseQueryError) return undefined;
    throw result.error;
  });
  return { version, anchors, sums: trial.sums };
}

async function absent(database: StoreDatabase): Promise<Finding[]> {
  const anchors = await Promise.all(database.anchors.map(({ part }) => readAnchor(database.path, part)));
  if (anchors.every((anchor) => anchor === undefined)) return [];
  return [damaged('database', { kind: 'database', path: database.path }, 'the file is gone')];
}

function failure({ path, canRebuild }: StoreDatabase, error: unknown): Finding {
  const found = reasonOf(error).replace(/ Nothing was changed;.*/, '');
  const told = { check: 'database', subject: path, severity: 'error', found } as const;
  if (error instanceof DatabaseLockedError)
    return fault({ ...told, toDo: 'stop that process, or ask it; a database file has one owner' });
  // Another format, or no permission: nothing that making it anew would mend. What else fails in a trial is damage.
  if (error instanceof DatabaseOpenError || error instanceof DatabaseFullError || !canRebuild)
    return fault({ ...told, toDo: 'use the release that wrote it, or look at its permissions and the disk' });
  return damaged('database', { kind: 'database', path }, found);
}

function versionFinding({ path, version: known }: StoreDatabase, told: Told): Finding | undefined {
  if (known === undefined) return undefined;
  const target = { kind: 'database', path } as const;
  const version = told.version?.['version'];
  if (typeof version !== 'number') return damaged('schema', target, 'it holds no state');
  // What is a little older is migrated when it is opened.
  if (version >= known.oldest && version <= known.newest) return undefined;
  if (version < known.oldest)
    return damaged('schema', target, `schema version ${version}, older than ${known.oldest}`);
  const found = `schema version ${version}; this release knows up to ${known.newest}`;
  const toDo = 'use the release that wrote it: nothing here is changed';
  return fault({ check: 'schema', subject: path, severity: 'error', found, toDo });
}

/** Rows that were stored and are not there: the log was deleted, emptied or overwritten, or the file is an older one. */
async function behindFindings(
  { path, anchors }: StoreDatabase,
  told: Told,
  isCompared: (name: string) => boolean,
): Promise<Finding[]> {
  const found: Finding[] = [];
  for (const [at, { part }] of anchors.entries()) {
    const anchor = (await readAnchor(path, part)) ?? {};
    const row = told.anchors[at];
    const behind = Object.entries(anchor).find(
      ([name, stored]) => isCompared(name) && Number(row?.[name] ?? -1) < stored,
    );
    if (behind === undefined) continue;
    const [name, stored] = behind;
    const text = `its ${part} reach ${name} ${String(row?.[name] ?? 'nothing')}, and ${stored} was stored: its log or the file is not the newest`;
    found.push(damaged('database', { kind: 'database', path }, text));
  }
  return found;
}

/** Undefined when there is no such file. */
export async function sizeOf(path: string): Promise<number | undefined> {
  return (await stat(path).catch(() => undefined))?.size;
}

/** Not checked because its owner runs: opening it from outside would be refused. */
export function ownedFinding(path: string): Finding {
  return note('database', path, 'open in the running ingestor, which answers for it');
}
