export { checkNode, checkDisk, FREE_DISK_MIN_BYTES } from './preflight/environment-check.ts';
export type { Environment } from './preflight/environment-check.ts';
export { checkClock } from './preflight/clock-check.ts';
export type { VenueTime } from './preflight/clock-check.ts';
export { checkToken } from './preflight/token-check.ts';
export type { KnownToken } from './preflight/token-check.ts';
export { checkCalendars } from './preflight/calendar-check.ts';
export { checkInstruments } from './preflight/instruments-check.ts';
export type { AskedInstruments } from './preflight/instruments-check.ts';
export { checkYesterday } from './preflight/yesterday-check.ts';
export type { YesterdayOptions } from './preflight/yesterday-check.ts';
export { checkPort } from './preflight/port-check.ts';
export type { PortUse } from './preflight/port-check.ts';
export type { Finding, OffsetRange, RepairTarget, Severity } from './preflight/finding.ts';
export { addKnownDamage, checkJournal, hashOf, rangeText } from './preflight/journal-check.ts';
export type { CheckedJournal, KnownDamage } from './preflight/journal-check.ts';
export { checkCandleFiles, checkParts } from './preflight/parquet-check.ts';
export { checkStore } from './preflight/store-check.ts';
export type { CheckedStore } from './preflight/store-check.ts';
export { ingestorDatabases } from './preflight/store-databases.ts';
export type { StoreDatabase } from './preflight/store-databases.ts';
export { setAside } from './repair/quarantine.ts';
export type { SetAside } from './repair/quarantine.ts';
export { repairDatabase } from './repair/database-repair.ts';
export type { Action, DatabaseRepairOptions } from './repair/database-repair.ts';
export { repairAfterFailure, repairBeforeStart, setAsideCandleFiles } from './repair/start-repair.ts';
export type { StartRepairOptions } from './repair/start-repair.ts';
export { Retention } from './retention/retention.ts';
export type { RetentionLimits, RetentionOptions } from './retention/retention.ts';
export type { Limit, LimitUse, LimitedStore } from './retention/limit-use.ts';
export { BackupDamagedError, BackupError, RestoreError } from './backup/backup-errors.ts';
export { makeBackup } from './backup/making.ts';
export type { BackupStep, MadeBackup, MakeBackupOptions } from './backup/making.ts';
export type { BackupTaking } from './backup/backup-taking.ts';
export type { RangesSql } from './backup/backup-contents.ts';
export type {
  BackupDatabase,
  BackupFile,
  BackupJournal,
  BackupManifest,
  BackupRange,
} from './backup/manifest.ts';
export { checkBackup } from './backup/checking.ts';
export { listBackups, pruneBackups } from './backup/backup-list.ts';
export type { BackupLimits, ListedBackup } from './backup/backup-list.ts';
export { frameSum } from './backup/journal-mark.ts';
export type { JournalRest } from './backup/journal-mark.ts';
export { restoreBackup } from './backup/restoring.ts';
export type { RestoreOptions, RestoreReport } from './backup/restoring.ts';
export { finishRestore } from './backup/restore-plan.ts';
export type { RestoreStep } from './backup/restore-plan.ts';
export { Backups, backupJson } from './backup/backups.ts';
export type { BackupJson, BackupsHealth, BackupsOptions } from './backup/backups.ts';
export { backupService } from './backup/backup-service.ts';
export { RemoteCopyError, copyRemotely } from './backup/remote-copy.ts';
