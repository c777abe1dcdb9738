import type { InstrumentKey } from '@tickwright/market';
import type { StateRows } from '../state-rows.ts';
import { StateTable } from '../state-rows.ts';

/** What the paper venue remembers of an instrument's market. */
export interface MarketRecord {
  /** Last price and its market time; null before the first. */
  readonly price: number | null;
  readonly micros: number;
  /** openMicros of the last candle that orders were filled on; -1 before the first. */
  readonly filledUpToMicros: number;
  /** The share of traded volume that is left over, less than a lot: see the fill model. */
  readonly carry: string;
  /** The last date on which the once-a-day charges were made. */
  readonly chargedOn: string;
}

const NOTHING: MarketRecord = { price: null, micros: -1, filledUpToMicros: -1, carry: '0', chargedOn: '' };

/** The markets' records, by instrument. */
export class Markets {
  readonly #table: StateTable<MarketRecord>;

  constructor(rows: StateRows) {
    this.#table = new StateTable(rows, 'market');
  }

  get(instrument: InstrumentKey): MarketRecord {
    return this.#table.get(instrument) ?? NOTHING;
  }

  update(instrument: InstrumentKey, change: Partial<MarketRecord>): void {
    this.#table.put(instrument, { ...this.get(instrument), ...change });
  }
}
