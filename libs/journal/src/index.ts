export { openJournal } from './writing/open-journal.ts';
export type { OpenJournalOptions } from './writing/open-journal.ts';
export type { Journal, JournalHealth } from './journal.ts';
export type { JournalRepair } from './writing/tail-repair.ts';
export type { FrameBlock } from './format/frame-block.ts';
export { readJournal } from './reading/journal-reader.ts';
export type { ReadJournalOptions } from './reading/journal-reader.ts';
export type { JournalDamage } from './upkeep/damage.ts';
export { readRecording } from './reading/recording.ts';
export type { Recording, ReadRecordingOptions, RecordingProgress } from './reading/recording.ts';
export { inspectJournal } from './upkeep/inspection.ts';
export type { InspectedFile } from './upkeep/inspection.ts';
export { pruneJournal } from './upkeep/retention.ts';
export type { PruneJournalOptions, PrunedJournal } from './upkeep/retention.ts';
export {
  JournalOpenError,
  JournalFullError,
  JournalClosedError,
  JournalCloseError,
  RecordingError,
} from './journal-errors.ts';
export type { FileLayer, OpenFile } from './files/file-layer.ts';
export { nodeFiles } from './files/node-files.ts';
export { memoryFiles } from './files/faulty-files.ts';
export type { MemoryFiles, FileFault, FileOperation, CrashSurvival } from './files/faulty-files.ts';
