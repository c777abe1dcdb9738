import type { CandlePage, CandleRead } from './candle-page.ts';
import type { Decoded, DecoderCounts, DecoderOptions, RejectReason } from './decoder.ts';

/** What a decoder does with an answer that holds candles. */
export interface PageDecoding {
  readonly counts: DecoderCounts;
  readonly onCandlePage: DecoderOptions['onCandlePage'];
  reject(reason: RejectReason): Decoded;
  /** The answer holds no trade: what it is, for the count. */
  other(): Decoded;
}

/** Tells on what an answer holds, all of it or nothing. */
export function tellPage(
  decoding: PageDecoding,
  read: CandleRead,
  told: { readonly offset: number; readonly page: () => CandlePage },
): Decoded {
  let verdict: Decoded | undefined;
  for (const { reason } of read.problems) verdict = decoding.reject(reason);
  if (verdict !== undefined) return verdict;
  const page = told.page();
  decoding.counts.candles += page.candles.length;
  decoding.onCandlePage?.(page, told.offset);
  return decoding.other();
}
