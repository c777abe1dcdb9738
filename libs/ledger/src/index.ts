export { Ledger } from './ledger.ts';
export type { LedgerOptions } from './ledger.ts';
export { LedgerQueries, ROWS_MAX } from './ledger-queries.ts';
export type { RowFilter } from './ledger-queries.ts';
export type {
  AlertRow,
  AlertSeverity,
  AlertStep,
  AlertStepName,
  LedgerEntry,
  RunRow,
  StoredAlert,
} from './ledger-entry.ts';
export type { LedgerLimits, LedgerUse } from './ledger-retention.ts';
export { LedgerSequenceError, LedgerVersionError } from './ledger-errors.ts';
export { LEDGER_ROOTS, ledgerPath, replayLedgerPath } from './ledger-path.ts';
export { LEDGER_SCHEMA_VERSION } from './ledger-tables.ts';
