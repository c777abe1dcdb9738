import type { CandleBuilder, Gap, InstrumentTable } from '@tickwright/market';

export interface UnpublishedGapsParts {
  readonly candles: CandleBuilder;
  readonly instruments: InstrumentTable;
  /** The gaps as they stood when candles were published last. */
  readonly published: readonly Gap[];
  /** As they stand for the stored ticks. */
  readonly stored: readonly Gap[];
  readonly publishedOffset: number;
}

/**
 * Has the candles published again whose completeness changed after the last publication. The ledger itself counts what
 * was loaded as told, and no tick says that a gap beside it was filled.
 */
export function touchUnpublishedGaps(parts: UnpublishedGapsParts): void {
  const before = new Map(parts.published.map((gap) => [gap.id, gap]));
  for (const gap of parts.stored) {
    if (gap.version < parts.publishedOffset) continue;
    for (const span of [gap, before.get(gap.id)]) if (span !== undefined) touch(parts, span, gap.version);
  }
}

/** Both ends of a gap belong to it. */
function touch({ candles, instruments }: UnpublishedGapsParts, gap: Gap, offset: number): void {
  const instrument = instruments.indexOf(gap.instrument);
  const toMicros = gap.toMicros < 0 ? Number.MAX_SAFE_INTEGER : gap.toMicros + 1;
  const change = { fromMicros: gap.fromMicros, toMicros, offset, since: offset };
  if (instrument >= 0) candles.touch(instrument, change);
}
