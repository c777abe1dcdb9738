export { defineStrategy } from './define-strategy.ts';
export { Succession } from './succession.ts';
export { SessionAnchor, sessionCandles } from './session-anchor.ts';
export type { AnchoredSession } from './session-anchor.ts';
export { movingAverageCross } from './moving-average-cross.ts';
export { rsiReversal } from './rsi-reversal.ts';
export { openingRangeBreakout } from './opening-range-breakout.ts';
export { vwapReversion } from './vwap-reversion.ts';
export { pixityAiMeta } from './pixity-ai-meta.ts';
export { ParameterError, checkParameters, tryStrategy } from './check-parameters.ts';
export {
  DuplicateStrategyError,
  UnknownStrategyError,
  builtInStrategies,
  requireDefinition,
  strategyRegistry,
} from './registry.ts';
export type { StrategyRegistry } from './registry.ts';
export type {
  Candle,
  DataChange,
  DataState,
  Direction,
  Strategy,
  StrategyContext,
  StrategyDefinition,
  StrategyView,
  Vote,
} from '@tickwright/trading';
