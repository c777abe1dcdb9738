import type { IdRange } from './id-ranges.ts';

/** What the ledger needs of the de-duplicator. Instruments are numbers. */
export interface CoverageReader {
  lastEventMicros(instrument: number): number;
  lastReceiveMicros(instrument: number): number;
  lastTradeId(instrument: number): number;
  covers(instrument: number, fromId: number, toId: number): boolean;
  holesWithin(instrument: number, fromId: number, toId: number): IdRange[];
  watch(instrument: number): void;
  unwatch(instrument: number): void;
  gapOpened(instrument: number): void;
  seenSince(instrument: number, micros: number): void;
}
