import { join } from 'node:path';

/** Where the runner's ledger stands under a data directory. */
export function ledgerPath(dataDir: string): string {
  return join(dataDir, 'runner', 'paper.duckdb');
}

/** Where the ledger of a replay stands: each has a folder of its own. */
export function replayLedgerPath(dataDir: string, name: string): string {
  return join(dataDir, 'runner', 'replays', name, 'paper.duckdb');
}

/** Everything of the data directory that a backup of the ledger stands for. */
export const LEDGER_ROOTS: readonly string[] = ['runner/paper.duckdb', 'runner/paper.duckdb.wal'];
