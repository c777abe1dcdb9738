export { CandleFilesBusyError, openCandleFiles } from './candles/candle-files.ts';
export type { CandleFiles, CandleFilesOptions, CandleName } from './candles/candle-files.ts';
export type { CandleFilesCounts } from './candles/candle-file-writer.ts';
export { candleFileState } from './candles/candle-checksum.ts';
export type { CandleFileState } from './candles/candle-checksum.ts';
export { listHours, listPieces } from './candles/candle-paths.ts';
export type { CandlePiece, PieceFilter } from './candles/candle-paths.ts';
export { FileReplaceError } from './files/atomic-file.ts';
export { anchorPath, readAnchor } from './files/anchor.ts';
export type { Anchor } from './files/anchor.ts';
export { readStatus, statusPath, writeStatus } from './files/status-file.ts';
export type { SegmentStatus, Status } from './files/status-file.ts';
export { instrumentsPath, readInstruments, writeInstruments } from './files/instruments-file.ts';
export { openCandleQuery } from './query/candle-query.ts';
export type { CandleQuery, CandleQueryOptions, Retry } from './query/candle-query.ts';
export type { CandleRequest, LatestRequest, LatestWanted } from './query/candle-request.ts';
export type { Candle, CandleAnswer, CandleAsOf } from './query/candle-answer.ts';
export { CandleFileError, openCandleScan } from './query/candle-scan.ts';
export type { CandleScan, CandleScanRequest } from './query/candle-scan.ts';
export { CandleFileMovedError } from './query/held-files.ts';
export { publishedCandles } from './verification/published-candles.ts';
export { readPublishedGaps } from './gaps/published-rows.ts';
export { ledgerGaps, publishedGaps } from './gaps/published-gaps.ts';
export { storedTicks } from './verification/stored-ticks.ts';
export type { StoredTicks } from './verification/stored-ticks.ts';
export { idProblems, isRemovedTime } from './verification/id-check.ts';
export type { IdFinding, IdReader, IdSource } from './verification/id-check.ts';
export { verify } from './verification/verification.ts';
export type {
  CandleReader,
  GapReader,
  MinuteRows,
  MinutesReader,
  Span,
  VenueReader,
  VerificationOptions,
  VerificationReport,
} from './verification/verification.ts';
export type { KnownGap, ProblemKind, VerificationProblem } from './verification/problem-list.ts';
export { TickFile, openTickFile } from './ticks/tick-file.ts';
export type { AppendState, TickFileOptions, TickFileStats } from './ticks/tick-file.ts';
export { TickFileError } from './tick-storage/tick-state.ts';
export type { LoadedState } from './tick-storage/tick-state.ts';
export type { TickQuery, TickRow } from './ticks/tick-query.ts';
export type { MinutesQuery } from './ticks/tick-minutes.ts';
export type { SpanQuery, VenueQuery } from './ticks/venue-minutes.ts';
export type { MinuteSpan, VenueCoverage } from './ticks/venue-coverage.ts';
export { venueDifferences } from './verification/venue-differences.ts';
export type { DifferingField, VenueDifference } from './verification/venue-differences.ts';
export type { TickFilter } from './ticks/tick-source.ts';
export type { SealOptions, SealReport, SealStep } from './tick-storage/sealing.ts';
export type { DateOf } from './tick-storage/sealed-parts.ts';
export { FILE_COLUMNS as CANDLE_FILE_COLUMNS } from './candles/candle-parquet.ts';
export { fileSum, partSumPath, readPartSum, summedParts, writePartSum } from './files/part-sum.ts';
export type { PartSum } from './files/part-sum.ts';
export { TICK_ANCHOR } from './tick-storage/tick-storage.ts';
export { TICK_SCHEMA_VERSION } from './tick-storage/tick-schema.ts';
export { OLDEST_TICK_SCHEMA } from './tick-storage/tick-migration.ts';
export { listParts, listVenueParts, partPath, tickPaths } from './tick-storage/tick-paths.ts';
export { readKeptTicks } from './tick-storage/kept-ticks.ts';
export type { KeptTicks } from './tick-storage/kept-ticks.ts';
export type { PartExtension, TickPart, TickPaths } from './tick-storage/tick-paths.ts';
export { FILLED_KEPT_DAYS, GAP_ANCHOR, GapStore, openGapStore } from './gaps/gap-store.ts';
export type { GapStoreOptions } from './gaps/gap-store.ts';
export { LEDGER_ANCHOR, openLedgerMemory } from './gaps/ledger-memory.ts';
export type { LedgerMemoryStore, StoredLedgerMemory } from './gaps/ledger-memory.ts';
export { coverageDays } from './coverage/coverage.ts';
export type { CoverageOptions, InstrumentDay, PresentReader } from './coverage/coverage.ts';
export { presentMinutes } from './coverage/present-minutes.ts';
