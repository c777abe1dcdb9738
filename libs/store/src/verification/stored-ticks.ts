import type { Database } from '@tickwright/database';
import { sumOf } from '@tickwright/market';
import type { CandleStateColumns, InstrumentTable } from '@tickwright/market';
import { idProblems } from './id-check.ts';
import type { IdReader } from './id-check.ts';
import type { MinutesReader } from './verification.ts';

/** What a verification needs of a `TickFile`. */
export interface StoredTicks {
  /** 1m candle states folded by SQL, of the minutes that open in [fromMicros, toMicros). */
  minutes(query: { fromMicros: number; toMicros: number }): Promise<CandleStateColumns>;
  /** Lends all stored ticks as an SQL relation. */
  withTicks<T>(
    filter: object,
    read: (source: { readonly database: Database; readonly relation: string }) => Promise<T>,
  ): Promise<T>;
}

/** The stored ticks as a verification reads them: as candles with decimal volumes, and as trade ids. */
export function storedTicks(
  stored: StoredTicks,
  instruments: InstrumentTable,
): { readonly ticks: MinutesReader; readonly ids: IdReader } {
  return {
    ticks: {
      async minutes({ from, to }) {
        const states = await stored.minutes({ fromMicros: from, toMicros: to });
        return { ...states, volume: volumesOf(states, instruments) };
      },
    },
    ids: {
      async readIdProblems(take) {
        await stored.withTicks({}, async ({ database, relation }) => {
          for await (const found of idProblems({ database, tickSource: relation, instruments })) take(found);
        });
      },
    },
  };
}

function volumesOf(states: CandleStateColumns, instruments: InstrumentTable): Float64Array<ArrayBuffer> {
  const volumes = new Float64Array(states.count);
  for (let row = 0; row < states.count; row++) {
    const { quantityDecimals } = instruments.at(states.instrument[row]);
    volumes[row] = sumOf(states.volumeLow[row], states.volumeHigh[row], quantityDecimals);
  }
  return volumes;
}
