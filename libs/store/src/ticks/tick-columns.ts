import type { AppendColumn, Columns } from '@tickwright/database';
import type { TickBatch } from '@tickwright/market';

/** A batch as columns of the table `ticks`; `instrument` holds the file's numbers. */
export function appendColumnsOf(batch: TickBatch, instrument: Int32Array): readonly AppendColumn[] {
  return [
    { type: 'int32', values: instrument },
    { type: 'timestamp', values: batch.eventTime },
    { type: 'timestamp', values: batch.receiveTime },
    { type: 'float64', values: batch.price },
    { type: 'float64', values: batch.quantity },
    { type: 'float64', values: batch.volume },
    { type: 'uint8', values: batch.side },
    { type: 'uint8', values: batch.kind },
    { type: 'uint8', values: batch.idSpace },
    { type: 'int64', values: batch.tradeId },
    { type: 'float64', values: batch.cumulativeVolume },
    { type: 'int64', values: batch.offset },
    { type: 'int32', values: batch.index },
  ];
}

/** Fills an empty batch with rows of `ticks`; `numberOf` turns the file's instrument numbers into the table's. */
export function fillBatch(
  batch: TickBatch,
  columns: Columns,
  numberOf: (fileNumber: number) => number,
): void {
  batch.instrument.set(columns.numbers('instrument').map(numberOf));
  batch.eventTime.set(columns.numbers('event_time'));
  batch.receiveTime.set(columns.numbers('receive_time'));
  batch.price.set(columns.numbers('price'));
  batch.quantity.set(columns.numbers('quantity'));
  batch.volume.set(columns.numbers('volume'));
  batch.side.set(columns.numbers('side'));
  batch.kind.set(columns.numbers('kind'));
  batch.idSpace.set(columns.numbers('id_space'));
  batch.tradeId.set(columns.numbers('trade_id'));
  batch.cumulativeVolume.set(columns.numbers('cumulative_volume'));
  batch.offset.set(columns.numbers('frame_offset'));
  batch.index.set(columns.numbers('frame_index'));
  batch.count = columns.rowCount;
}
