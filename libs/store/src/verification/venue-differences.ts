import { CandleSource, MINUTE_MICROS } from '@tickwright/market';
import type { CandleColumns, InstrumentTable, VenueMinutes } from '@tickwright/market';
import { isoTime } from './problem-list.ts';

/** What of a candle is compared; `candle`: one has it and the other says that nothing traded. */
export type DifferingField = 'open' | 'high' | 'low' | 'close' | 'volume' | 'tradeCount' | 'candle';

/** One field of one minute in which a candle of our ticks and the venue's own are not the same. */
export interface VenueDifference {
  /** The instrument's key. */
  readonly instrument: string;
  /** ISO 8601 UTC. */
  readonly openTime: string;
  readonly field: DifferingField;
  /** Undefined where there is no candle. */
  readonly ours: number | undefined;
  readonly theirs: number | undefined;
}

const PRICES = ['open', 'high', 'low', 'close', 'volume'] as const;

/**
 * Compares the candles that we publish of a span with the venue's own, minute by minute, in order of instrument number and
 * time. Compared are minutes of which the venue told: a candle, or that nothing traded (`isAnswered`); rows of source venue
 * are the venue's own already. That candles of conflated ticks differ is known: this is a report, not a verdict.
 */
export function venueDifferences(
  published: CandleColumns,
  venue: VenueMinutes,
  context: {
    readonly instruments: InstrumentTable;
    /** Whether an answer told every candle of this minute that there is. */
    readonly isAnswered: (instrument: number, openTime: number) => boolean;
  },
): VenueDifference[] {
  const theirs = new Map<string, number>();
  for (let row = 0; row < venue.count; row++) theirs.set(nameOf(venue, row), row);
  const found: (VenueDifference & { readonly instrumentNumber: number; readonly at: number })[] = [];
  const add = (of: { instrument: number; openTime: number }, field: DifferingField, pair: Pair): void =>
    void found.push({
      instrument: context.instruments.at(of.instrument).key,
      openTime: isoTime(of.openTime),
      field,
      ...pair,
      instrumentNumber: of.instrument,
      at: of.openTime,
    });
  for (let row = 0; row < published.count; row++) {
    const name = nameOf(published, row);
    const other = theirs.get(name);
    theirs.delete(name);
    if (published.source[row] === CandleSource.venue || published.isClosed[row] === 0) continue;
    const of = { instrument: published.instrument[row], openTime: published.openTime[row] };
    if (other === undefined ? !context.isAnswered(of.instrument, of.openTime) : false) continue;
    if (other === undefined || venue.isTraded[other] === 0) {
      // Ticks that told nothing but a state of the same price make a candle without a trade.
      if (published.tradeCount[row] > 0) add(of, 'candle', { ours: published.close[row], theirs: undefined });
      continue;
    }
    for (const field of PRICES) {
      const pair = { ours: published[field][row], theirs: venue[field][other] };
      if (pair.ours !== pair.theirs) add(of, field, pair);
    }
    const pair = { ours: published.tradeCount[row], theirs: venue.tradeCount[other] };
    // 0: the venue does not count trades, or does not tell.
    if (pair.theirs > 0 && pair.ours !== pair.theirs) add(of, 'tradeCount', pair);
  }
  for (const row of theirs.values()) {
    if (venue.isTraded[row] === 0) continue;
    const of = { instrument: venue.instrument[row], openTime: venue.openTime[row] };
    add(of, 'candle', { ours: undefined, theirs: venue.close[row] });
  }
  found.sort((a, b) => a.instrumentNumber - b.instrumentNumber || a.at - b.at);
  return found.map(({ instrumentNumber: _number, at: _at, ...difference }) => difference);
}

interface Pair {
  readonly ours: number | undefined;
  readonly theirs: number | undefined;
}

function nameOf(rows: CandleColumns, row: number): string {
  return `${rows.instrument[row]} ${rows.openTime[row] / MINUTE_MICROS}`;
}
