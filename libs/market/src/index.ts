export {
  Side,
  SIDE_NAMES,
  TickKind,
  TICK_KIND_NAMES,
  IdSpace,
  ID_SPACE_NAMES,
  TickBatch,
} from './tick/tick-batch.ts';
export type { SideName } from './tick/tick-batch.ts';
export { INSTRUMENT_KEY_PATTERN, instrumentKey, splitKey, InstrumentTable } from './instrument.ts';
export type { Instrument, InstrumentKey } from './instrument.ts';
export { FrameKind, encodeControl, decodeControl } from './frame.ts';
export type { FrameSource, ControlEvent, GapVerdict, InstrumentRow, LostSpan, StandInSpan } from './frame.ts';
export { CandleSource, CANDLE_SOURCE_NAMES, candleColumns } from './candle/candle-columns.ts';
export type { CandleColumns } from './candle/candle-columns.ts';
export { CandleBuilder } from './candle/candle-builder.ts';
export type { CandleBuilderOptions } from './candle/candle-builder.ts';
export type { CandleHour } from './candle/candle-memory.ts';
export type { CandleCounts } from './candle/candle-counts.ts';
export type { GoneMinute, IsComplete } from './candle/candle-extract.ts';
export { MAX_CHANGED_CANDLES } from './candle/candle-changes.ts';
export { CLOSE_AFTER_CLOCK_MICROS, CLOSE_AFTER_EVENT_MICROS } from './candle/candle-closing.ts';
export { candleStateColumns } from './candle/candle-state.ts';
export type { CandleStateColumns } from './candle/candle-state.ts';
export { MAX_UNLOADED_PER_INSTRUMENT } from './candle/unloaded-candles.ts';
export type { UnloadedCandle } from './candle/unloaded-candles.ts';
export { TOLD_BY_NAMES, ToldBy, VenueRowKind, isTraded, spanRow } from './candle/venue-row.ts';
export type { VenueRow } from './candle/venue-row.ts';
export { VenueSpans } from './candle/venue-spans.ts';
export { venueStands } from './candle/venue-rule.ts';
export { joinVenue } from './candle/venue-join.ts';
export type { VenueMinutes } from './candle/venue-join.ts';
export {
  HOUR_MICROS,
  INTERVALS,
  MINUTE_MICROS,
  bucketOf,
  intervalMicros,
  parseInterval,
} from './session/interval.ts';
export type { Bucket, Interval } from './session/interval.ts';
export { LIMB, MAX_DECIMALS, addQuantity, powerOfTen, sumOf } from './candle/exact-sum.ts';
export { rollUp } from './roll-up/roll-up.ts';
export type { RollUpOptions } from './roll-up/roll-up.ts';
export type { ClosedBefore } from './candle/closed-before.ts';
export { fillFlat } from './roll-up/flat-candles.ts';
export type { FillFlatOptions } from './roll-up/flat-candles.ts';
export {
  addCalendarDays,
  addedCalendarDays,
  calendarNames,
  calendars,
  nseDaysProblems,
  UnknownCalendarError,
} from './session/session-calendar.ts';
export type {
  CalendarAdditions,
  Calendars,
  DayNote,
  Session,
  SessionCalendar,
  YearCoverage,
} from './session/session-calendar.ts';
export { DAY_MICROS, dateOfDay, dayOfDate } from './session/calendar-date.ts';
export { calendarWarnings, daysKnown } from './session/calendar-outlook.ts';
export { NO_ADDED_DAYS } from './session/added-days.ts';
export type { AddedDays } from './session/added-days.ts';
export type { CalendarWarning } from './session/calendar-outlook.ts';
export { compareWithHolidays, compareWithSessions } from './session/calendar-comparison.ts';
export type { SessionDifference, ToldHoliday, ToldSession } from './session/calendar-comparison.ts';
export { CalendarYearError, knowsYears, requireYear } from './session/calendar-year.ts';
export { IdRanges, MAX_ID_RANGES } from './tick/id-ranges.ts';
export type { Addition, IdRange } from './tick/id-ranges.ts';
export { Deduplicator } from './tick/deduplicator.ts';
export type { DeduplicatorCounts } from './tick/deduplicator.ts';
export type { CoverageRow } from './tick/coverage-row.ts';
export type { Arrival, Hole, HoleListener } from './gap/hole-listener.ts';
export { GapLedger } from './gap/gap-ledger.ts';
export type { CoverageReader } from './tick/coverage-reader.ts';
export type { LedgerMemory } from './gap/subscription-lines.ts';
export { MAX_FILLED_GAPS, MAX_OPEN_GAPS } from './gap/gap-rows.ts';
export type { FrameTime, Gap, GapCause, GapSpan, GapState } from './gap/gap.ts';
export { completeness, dayCoverage, daysOf } from './coverage/day-coverage.ts';
export type {
  AskedDay,
  DayCoverage,
  MinuteEvidence,
  MissingSpan,
  TimeSpan,
  UnfilledGap,
} from './coverage/day-coverage.ts';
