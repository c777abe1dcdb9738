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
export type { JournalRest, OffsetRange } from './backup/journal-mark.ts';
export { restoreBackup } from './backup/restoring.ts';
export type { RestoreOptions, RestoreReport } from './backup/restoring.ts';
export { finishRestore } from './backup/restore-plan.ts';
export type { RestoreStep } from './backup/restore-plan.ts';
export { RemoteCopyError, copyRemotely } from './backup/remote-copy.ts';
