export { openJournal } from './open-journal.ts';
export type { OpenJournalOptions } from './open-journal.ts';
export type { Journal, JournalHealth } from './journal.ts';
export type { JournalRepair } from './tail-repair.ts';
export type { FrameBlock } from './frame-block.ts';
export { readJournal } from './journal-reader.ts';
export type { ReadJournalOptions } from './journal-reader.ts';
export type { JournalDamage } from './damage.ts';
export { readRecording } from './recording.ts';
export type { Recording, ReadRecordingOptions, RecordingProgress } from './recording.ts';
export { inspectJournal } from './inspection.ts';
export type { InspectedFile } from './inspection.ts';
export { pruneJournal } from './retention.ts';
export type { PruneJournalOptions, PrunedJournal } from './retention.ts';
export {
  JournalOpenError,
  JournalFullError,
  JournalClosedError,
  JournalCloseError,
  RecordingError,
} from './journal-errors.ts';
export type { FileLayer, OpenFile } from './file-layer.ts';
export { nodeFiles } from './node-files.ts';
export { memoryFiles } from './faulty-files.ts';
export type { MemoryFiles, FileFault, FileOperation, CrashSurvival } from './faulty-files.ts';
