import type { FrameTime } from '../gap/gap.ts';
import type { IdRange } from './id-ranges.ts';

/** Ids that were stored and are no more, and the frame that says so. */
export interface LostIds extends FrameTime {
  readonly fromId: number;
  readonly toId: number;
}

/** What the ledger needs of the de-duplicator. Instruments are numbers. */
export interface CoverageReader {
  lastEventMicros(instrument: number): number;
  lastReceiveMicros(instrument: number): number;
  lastTradeId(instrument: number): number;
  covers(instrument: number, fromId: number, toId: number): boolean;
  holesWithin(instrument: number, fromId: number, toId: number): IdRange[];
  /** The ids were stored and are lost: they are welcome again. `toId` -1: up to the newest one. */
  uncover(instrument: number, lost: LostIds): void;
  watch(instrument: number): void;
  unwatch(instrument: number): void;
  gapOpened(instrument: number): void;
  seenSince(instrument: number, micros: number): void;
}
