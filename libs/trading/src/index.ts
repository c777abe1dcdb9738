export { decimal, QUOTIENT_DECIMALS, ZERO } from './decimal.ts';
export type { Decimal } from './decimal.ts';
export type { Candle, CandleState } from './candle.ts';
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
  RulesEvent,
  StartEvent,
  TickEvent,
} from './event.ts';
export type { Direction, Signal, SignalOutcome, SuppressedVote, SuppressionCode, Vote } from './signal.ts';
export { MANUAL } from './order.ts';
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
} from './order.ts';
export type { Fill, Liquidity } from './fill.ts';
export type { ClosedTrade, MarkedPosition, Position } from './position.ts';
export type { Account, EquityPoint } from './account.ts';
export type { FeeCharge, FeeLine, FeeSchedule, FeeVersion } from './fee-schedule.ts';
export type { FillModel } from './fill-model.ts';
export type { RiskLimits } from './risk-limits.ts';
export type { InstrumentRules } from './instrument-rules.ts';
export type { EngineConfig, OrderPolicy, Sizing, StrategyConfig } from './engine-config.ts';
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
} from './strategy.ts';
export type { Consumed, EngineOutput, EngineState, JsonValue, Notice, StateRow } from './output.ts';
export type { Engine, EngineOptions, Needs, OrderExplanation } from './engine.ts';
export type { ScannerRow, ScannerStatus } from './scanner-row.ts';
