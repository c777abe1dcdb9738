import type { TableSum } from '@tickwright/database';
import { readPlan } from '../backup/restore-plan.ts';
import { checkDatabases, ownedFinding } from './database-check.ts';
import { fault } from './finding.ts';
import type { Finding } from './finding.ts';
import { checkJournal } from './journal-check.ts';
import { checkCandleFiles, checkParts } from './parquet-check.ts';
import { ingestorDatabases } from './store-databases.ts';

export interface CheckedStore {
  readonly findings: readonly Finding[];
  /** Of each database that was read. */
  readonly tables: readonly { readonly path: string; readonly tables: readonly TableSum[] }[];
}

/**
 * Reads everything that is stored in a data directory and says what is wrong with it. Databases are opened in child
 * processes; not at all when a running ingestor has them. Changes nothing.
 */
export async function checkStore(options: { dataDir: string; isRunning: boolean }): Promise<CheckedStore> {
  const { dataDir, isRunning } = options;
  const unfinished = await unfinishedRestore(dataDir);
  if (unfinished !== undefined) return { findings: [unfinished], tables: [] };
  // Child processes read databases and candle files; the journal and the parts are read here meanwhile.
  const [databases, journal, parts, candles] = await Promise.all([
    isRunning ? ownedDatabases(dataDir) : readDatabases(dataDir),
    checkJournal(dataDir),
    checkParts(dataDir, 'whole'),
    checkCandleFiles(dataDir),
  ]);
  const findings = [...journal.findings, ...databases.findings, ...parts, ...candles];
  return { findings, tables: databases.tables };
}

function ownedDatabases(dataDir: string): CheckedStore {
  const owned = ingestorDatabases(dataDir).filter(({ name }) => name !== 'sealing file');
  return { findings: owned.map(({ path }) => ownedFinding(path)), tables: [] };
}

async function readDatabases(dataDir: string): Promise<CheckedStore> {
  const databases = ingestorDatabases(dataDir);
  const checked = await checkDatabases(databases, 'whole');
  const tables = checked.map((one, at) => ({ path: databases[at]?.path ?? '', tables: one.tables }));
  return {
    findings: checked.flatMap(({ findings }) => findings),
    tables: tables.filter((one) => one.tables.length > 0),
  };
}

/** What is stored is of two states then. */
async function unfinishedRestore(dataDir: string): Promise<Finding | undefined> {
  const plan = await readPlan(dataDir);
  if (plan === undefined) return undefined;
  return fault({
    check: 'restore',
    subject: dataDir,
    severity: 'error',
    found: `the restore of ${plan.backup} was interrupted at ${plan.time}`,
    toDo: 'restore again, or start: both finish it',
  });
}
