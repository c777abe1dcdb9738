export {
  Side,
  SIDE_NAMES,
  TickKind,
  TICK_KIND_NAMES,
  IdSpace,
  ID_SPACE_NAMES,
  TickBatch,
} from './tick-batch.ts';
export type { SideName } from './tick-batch.ts';
export { instrumentKey, splitKey, InstrumentTable } from './instrument.ts';
export type { Instrument, InstrumentKey } from './instrument.ts';
export { FrameKind, encodeControl, decodeControl } from './frame.ts';
export type { FrameSource, ControlEvent, InstrumentRow } from './frame.ts';
export { CandleSource, CANDLE_SOURCE_NAMES, candleColumns } from './candle-columns.ts';
export type { CandleColumns } from './candle-columns.ts';
export { CandleBuilder } from './candle-builder.ts';
export type { CandleBuilderOptions } from './candle-builder.ts';
export type { CandleHour } from './candle-memory.ts';
export type { CandleCounts } from './candle-counts.ts';
export type { IsComplete } from './candle-extract.ts';
export { MAX_CHANGED_CANDLES } from './candle-changes.ts';
export { CLOSE_AFTER_CLOCK_MICROS, CLOSE_AFTER_EVENT_MICROS } from './candle-closing.ts';
export { candleStateColumns } from './candle-state.ts';
export type { CandleStateColumns } from './candle-state.ts';
export { MAX_UNLOADED_PER_INSTRUMENT } from './unloaded-candles.ts';
export type { UnloadedCandle } from './unloaded-candles.ts';
export {
  HOUR_MICROS,
  INTERVALS,
  MINUTE_MICROS,
  bucketOf,
  intervalMicros,
  parseInterval,
} from './interval.ts';
export type { Bucket, Interval } from './interval.ts';
export { LIMB, MAX_DECIMALS, addQuantity, powerOfTen, sumOf } from './exact-sum.ts';
export { rollUp } from './roll-up.ts';
export type { RollUpOptions } from './roll-up.ts';
export type { ClosedBefore } from './closed-before.ts';
export { fillFlat } from './flat-candles.ts';
export type { FillFlatOptions } from './flat-candles.ts';
export { calendars, UnknownCalendarError } from './session-calendar.ts';
export type { Calendars, Session, SessionCalendar, YearCoverage } from './session-calendar.ts';
export { CalendarYearError, knowsYears, requireYear } from './calendar-year.ts';
export { IdRanges, MAX_ID_RANGES } from './id-ranges.ts';
export type { Addition, IdRange } from './id-ranges.ts';
export { Deduplicator } from './deduplicator.ts';
export type { DeduplicatorCounts } from './deduplicator.ts';
export type { CoverageRow } from './coverage-row.ts';
export type { Arrival, Hole, HoleListener } from './hole-listener.ts';
export { GapLedger } from './gap-ledger.ts';
export type { CoverageReader } from './coverage-reader.ts';
export type { LedgerMemory } from './subscription-lines.ts';
export { MAX_FILLED_GAPS, MAX_OPEN_GAPS } from './gap-rows.ts';
export type { FrameTime, Gap, GapCause, GapSpan, GapState } from './gap.ts';
