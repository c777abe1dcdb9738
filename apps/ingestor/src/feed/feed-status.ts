import type { FeedStatus } from '@tickwright/feed';
import type { Interval } from '@tickwright/market';
import type { Core } from '../core.ts';

/** What the feed tells of the ingestor. */
export function feedStatus(options: {
  readonly core: Pick<Core, 'instruments' | 'pipeline'>;
  readonly version: string;
  readonly intervals: readonly Interval[];
}): FeedStatus {
  const { core, version, intervals } = options;
  const openGaps = new Map<string, number>();
  for (const { instrument } of core.pipeline.gaps.open()) {
    const segment = instrument.slice(0, instrument.indexOf('|'));
    openGaps.set(segment, (openGaps.get(segment) ?? 0) + 1);
  }
  const instruments = core.instruments.list();
  const segments = new Set(instruments.map(({ segment }) => segment));
  return {
    sender: 'ingestor',
    version,
    intervals,
    instruments: instruments.map(({ key, venueSymbol, priceDecimals, quantityDecimals, calendar }) => ({
      key,
      venueSymbol,
      priceDecimals,
      quantityDecimals,
      calendar,
    })),
    segments: Object.fromEntries(
      [...segments].map((segment) => [
        segment,
        {
          watermarkMicros: core.pipeline.candles.closedBeforeMicros(segment),
          openGaps: openGaps.get(segment) ?? 0,
        },
      ]),
    ),
  };
}
