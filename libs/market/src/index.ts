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
