import { InstrumentTable, instrumentKey } from '../instrument.ts';
import { IdSpace, TickBatch, TickKind } from './tick-batch.ts';

/** A tick as tests write it; what is left out has a sound default. */
export interface TickRow {
  instrument?: number;
  id?: number;
  eventMicros: number;
  receiveMicros?: number;
  price?: number;
  quantity?: number;
  cumulativeVolume?: number;
  kind?: number;
  idSpace?: number;
  offset?: number;
  index?: number;
}

/** A table of instruments with the given keys, all with one calendar. */
export function tableOf(keys: readonly string[], calendar = 'always'): InstrumentTable {
  const instruments = new InstrumentTable();
  for (const text of keys) {
    const key = instrumentKey(text);
    const [segment, id] = text.split('|');
    instruments.add({ key, segment, id, venueSymbol: id, priceDecimals: 2, quantityDecimals: 3, calendar });
  }
  return instruments;
}

/** The rows as one batch. A row with an id is a trade, one with a cumulative volume a conflated tick. */
export function batchOf(rows: readonly TickRow[]): TickBatch {
  const batch = new TickBatch(Math.max(1, rows.length));
  rows.forEach((row, at) => {
    const { id = -1, eventMicros, quantity = 1, cumulativeVolume = -1 } = row;
    batch.instrument[at] = row.instrument ?? 0;
    batch.eventTime[at] = eventMicros;
    batch.receiveTime[at] = row.receiveMicros ?? eventMicros + 1000;
    batch.price[at] = row.price ?? 100;
    batch.quantity[at] = quantity;
    batch.volume[at] = quantity;
    batch.kind[at] = row.kind ?? (cumulativeVolume >= 0 ? TickKind.conflated : TickKind.trade);
    batch.idSpace[at] = row.idSpace ?? (id >= 0 ? IdSpace.trade : IdSpace.none);
    batch.tradeId[at] = id;
    batch.cumulativeVolume[at] = cumulativeVolume;
    batch.offset[at] = row.offset ?? at;
    batch.index[at] = row.index ?? 0;
  });
  batch.count = rows.length;
  return batch;
}

/** The batch's valid rows of one column. */
export function column(batch: TickBatch, name: 'tradeId' | 'volume' | 'eventTime' | 'offset'): number[] {
  return [...batch[name].subarray(0, batch.count)];
}
