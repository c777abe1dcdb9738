export { CandleFilesBusyError, openCandleFiles } from './candle-files.ts';
export type { CandleFiles, CandleFilesOptions } from './candle-files.ts';
export type { CandleFilesCounts } from './candle-file-writer.ts';
export { listPieces } from './candle-paths.ts';
export type { CandlePiece, PieceFilter } from './candle-paths.ts';
export { FileReplaceError } from './atomic-file.ts';
export { readStatus, statusPath, writeStatus } from './status-file.ts';
export type { SegmentStatus, Status } from './status-file.ts';
export { instrumentsPath, readInstruments, writeInstruments } from './instruments-file.ts';
export { openCandleQuery } from './candle-query.ts';
export type { CandleQuery, CandleQueryOptions, CandleRequest, LatestRequest, Retry } from './candle-query.ts';
export type { Candle, CandleAnswer, CandleAsOf } from './candle-answer.ts';
export { CandleFileError, openCandleScan } from './candle-scan.ts';
export type { CandleScan, CandleScanRequest } from './candle-scan.ts';
export { CandleFileMovedError } from './held-files.ts';
export { publishedCandles } from './published-candles.ts';
export { ledgerGaps, publishedGaps } from './published-gaps.ts';
export { storedTicks } from './stored-ticks.ts';
export type { StoredTicks } from './stored-ticks.ts';
export { idProblems } from './id-check.ts';
export type { IdFinding, IdReader, IdSource } from './id-check.ts';
export { verify } from './verification.ts';
export type {
  CandleReader,
  GapReader,
  MinuteRows,
  MinutesReader,
  Span,
  VerificationOptions,
  VerificationReport,
} from './verification.ts';
export type { KnownGap, ProblemKind, VerificationProblem } from './problem-list.ts';
export { TickFile, openTickFile } from './tick-file.ts';
export type { AppendState, TickFileOptions, TickFileStats } from './tick-file.ts';
export { TickFileError } from './tick-state.ts';
export type { LoadedState } from './tick-state.ts';
export type { TickQuery, TickRow } from './tick-query.ts';
export type { MinutesQuery } from './tick-minutes.ts';
export type { TickFilter } from './tick-source.ts';
export type { SealOptions, SealReport, SealStep } from './sealing.ts';
export type { DateOf } from './sealed-parts.ts';
export { listParts, tickPaths } from './tick-paths.ts';
export type { TickPart, TickPaths } from './tick-paths.ts';
export { FILLED_KEPT_DAYS, GapStore, openGapStore } from './gap-store.ts';
export type { GapStoreOptions } from './gap-store.ts';
export { openLedgerMemory } from './ledger-memory.ts';
export type { LedgerMemoryStore } from './ledger-memory.ts';
