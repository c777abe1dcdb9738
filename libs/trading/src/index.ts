export { decimal, QUOTIENT_DECIMALS, ZERO } from './decimal.ts';
export type { Decimal } from './decimal.ts';
export type { Candle, CandleState } from './contract/candle.ts';
export type {
  CandleEvent,
  CandlePhase,
  ClockEvent,
  Command,
  CommandEvent,
  DataChange,
  DataEvent,
  EngineEvent,
  EventHead,
  HistoryEvent,
  RulesEvent,
  StartEvent,
  TickEvent,
} from './contract/event.ts';
export type {
  Direction,
  Signal,
  SignalOutcome,
  SuppressedVote,
  SuppressionCode,
  Vote,
} from './contract/signal.ts';
export { MANUAL } from './contract/order.ts';
export type {
  Order,
  OrderChange,
  OrderOrigin,
  OrderReasonCode,
  OrderRequest,
  OrderSide,
  OrderState,
  OrderType,
  Validity,
} from './contract/order.ts';
export type { Fill, Liquidity } from './contract/fill.ts';
export type { ClosedTrade, MarkedPosition, Position } from './contract/position.ts';
export type { Account, EquityPoint } from './contract/account.ts';
export type { FeeCharge, FeeLine, FeeSchedule, FeeVersion } from './fees/fee-schedule.ts';
export type { FillModel } from './contract/fill-model.ts';
export type { RiskLimits } from './contract/risk-limits.ts';
export type { InstrumentRules } from './contract/instrument-rules.ts';
export type { EngineConfig, OrderPolicy, Sizing, StrategyConfig } from './contract/engine-config.ts';
export type {
  DataState,
  ParameterIssue,
  ParameterSchema,
  Strategy,
  StrategyContext,
  StrategyDefinition,
  StrategyFinder,
  StrategyState,
  StrategyStatus,
  StrategyView,
} from './contract/strategy.ts';
export type { Consumed, EngineOutput, EngineState, JsonValue, Notice, StateRow } from './contract/output.ts';
export type { Engine, EngineOptions, Needs, OrderExplanation } from './contract/engine.ts';
export { ScannerBoard } from './scanner/scanner-board.ts';
export type { ScannerRow, ScannerStatus } from './contract/scanner-row.ts';
export { createEngine } from './engine/trading-engine.ts';
export { rehearse } from './engine/rehearsal.ts';
export { EngineError } from './engine/engine-error.ts';
export { checkConfig } from './engine/config-check.ts';
export { foldFills } from './book/fold-fills.ts';
export type { FoldedFills } from './book/fold-fills.ts';
export {
  UnknownFeeScheduleError,
  cryptoSchedule,
  feeSchedule,
  feeSchedules,
} from './fees/built-in-schedules.ts';
