import type { MarketOptions } from '@tickwright/simulator';
import type { FastTime } from './fast-clock.ts';

/** What the processes of a soak are told, as JSON. */
export interface SoakSettings {
  readonly time: FastTime;
  readonly market: MarketOptions;
  readonly faults: Readonly<Record<string, unknown>>;
  readonly venuePort: number;
  readonly httpPort: number;
  readonly dataDir: string;
  readonly instruments: readonly string[];
  /** Real milliseconds between two samples of memory. */
  readonly sampleMs: number;
}

/** What the ingestor's process says of itself, a line each; bytes. Heap after a collection. */
export interface MemorySample {
  readonly atMs: number;
  readonly heapBytes: number;
  readonly rssBytes: number;
  readonly handles: number;
}
