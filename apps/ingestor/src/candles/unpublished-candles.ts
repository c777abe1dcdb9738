import { MINUTE_MICROS } from '@tickwright/market';
import { readStatus } from '@tickwright/store';
import type { Core } from '../core.ts';
import { OwedCandles } from './owed-candles.ts';
import { recomputeCandles } from './recompute.ts';
import { venueChangedSince } from './unpublished-venue.ts';

/**
 * Publishes the candles of ticks and venue rows that were stored after the last publication, as after a crash, and leaves all others
 * as they are: were the hours in memory written anew, a verification would find its own work instead of what is there.
 */
export async function publishUnpublished(core: Core): Promise<void> {
  await core.flusher.flush();
  const { tickFile, candleFiles, instruments, pipeline } = core;
  const publishedOffset = (await readStatus(core.dataDir))?.offset ?? 0;
  if (tickFile.appliedOffset <= publishedOffset) return;
  const changed = await tickFile.minutes({ changedSince: publishedOffset });
  const candles = Array.from({ length: changed.count }, (_, row) => ({
    instrument: changed.instrument[row],
    openTime: changed.openTime[row],
    closeTime: changed.openTime[row] + MINUTE_MICROS,
    offset: changed.version[row],
    since: changed.version[row],
  }));
  candles.push(...(await venueChangedSince(tickFile, publishedOffset)));
  const { gaps } = pipeline;
  const hasTicked = (instrument: number): boolean => pipeline.hasTicked(instrument);
  const recompute = recomputeCandles({ tickFile, candleFiles, instruments, gaps, hasTicked });
  const owed = new OwedCandles(instruments);
  owed.add(candles);
  for (const hour of owed.stored(Number.POSITIVE_INFINITY)) await recompute(hour);
}
