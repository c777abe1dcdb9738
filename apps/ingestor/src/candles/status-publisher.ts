import { join } from 'node:path';
import type { InstrumentTable } from '@tickwright/market';
import type { Journal } from '@tickwright/journal';
import type { Clock } from '@tickwright/runtime';
import { writeStatus } from '@tickwright/store';
import type { GapStore, SegmentStatus } from '@tickwright/store';
import type { Flusher } from '../ticks/flusher.ts';
import type { Pipeline } from '../intake/pipeline.ts';

export interface StatusPublisherOptions {
  readonly dataDir: string;
  readonly instance: string;
  readonly version: string;
  readonly clock: Clock;
  readonly pipeline: Pipeline;
  readonly journal: Journal;
  readonly instruments: InstrumentTable;
  readonly gapStore: GapStore;
  readonly flusher: Flusher;
}

/** Writes the status. `offset`: up to where the candle files stand for the journal. */
export type PublishStatus = (offset: number) => Promise<void>;

/** Writes what stands beside the candle files: how far they reach, and the gap ledger. */
export class StatusPublisher {
  readonly #options: StatusPublisherOptions;
  #gapsPublishedAt = -1;

  constructor(options: StatusPublisherOptions) {
    this.#options = options;
  }

  /**
   * What closed up to now, to be written when the candles of now are: told later, it would call candles closed whose last
   * trades are not in their files.
   */
  now(): PublishStatus {
    const segments = this.#segments();
    return (offset) => this.#publish(offset, segments);
  }

  async #publish(offset: number, segments: Record<string, SegmentStatus>): Promise<void> {
    const { dataDir, instance, version, clock, journal, gapStore, flusher } = this.#options;
    const published = flusher.health.gapRows;
    if (published !== this.#gapsPublishedAt) {
      await gapStore.publish(join(dataDir, 'gaps.parquet'));
      this.#gapsPublishedAt = published;
    }
    await writeStatus({
      dataDir,
      clock,
      status: {
        epoch: instance,
        offset,
        durableOffset: journal.durableOffset,
        time: new Date(clock.nowMicros() / 1_000).toISOString(),
        segments,
        ingestor: { pid: process.pid, instance, version },
      },
    });
  }

  #segments(): Record<string, SegmentStatus> {
    const { instruments, pipeline } = this.#options;
    const openGaps = new Map<string, number>();
    for (const gap of pipeline.gaps.open()) {
      const segment = gap.instrument.slice(0, gap.instrument.indexOf('|'));
      openGaps.set(segment, (openGaps.get(segment) ?? 0) + 1);
    }
    const segments = new Set(instruments.list().map((instrument) => instrument.segment));
    return Object.fromEntries(
      [...segments].map((segment) => {
        const micros = pipeline.candles.closedBeforeMicros(segment);
        const watermark = micros > 0 ? new Date(Math.floor(micros / 1_000)).toISOString() : null;
        return [segment, { watermark, openGaps: openGaps.get(segment) ?? 0 }];
      }),
    );
  }
}
