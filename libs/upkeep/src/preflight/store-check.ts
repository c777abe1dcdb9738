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
  const findings: Finding[] = [...(await checkJournal(dataDir)).findings];
  const tables: { path: string; tables: readonly TableSum[] }[] = [];
  const databases = ingestorDatabases(dataDir);
  if (isRunning) {
    for (const { name, path } of databases) if (name !== 'sealing file') findings.push(ownedFinding(path));
  } else {
    for (const [at, checked] of (await checkDatabases(databases, 'whole')).entries()) {
      findings.push(...checked.findings);
      const path = databases[at]?.path ?? '';
      if (checked.tables.length > 0) tables.push({ path, tables: checked.tables });
    }
  }
  findings.push(...(await checkParts(dataDir, 'whole')));
  findings.push(...(await checkCandleFiles(dataDir)));
  return { findings, tables };
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
