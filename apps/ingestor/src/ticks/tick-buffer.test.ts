import { TickBatch, ToldBy, VenueRowKind, spanRow } from '@tickwright/market';
import type { VenueRow } from '@tickwright/market';
import { expect, test } from 'vitest';
import { TickBuffer } from './tick-buffer.ts';

/** A batch of ticks whose trade ids run from `first`. */
function ticks(first: number, count: number): TickBatch {
  const batch = new TickBatch(count);
  for (let row = 0; row < count; row += 1) {
    batch.tradeId[row] = first + row;
    batch.offset[row] = first + row;
  }
  batch.count = count;
  return batch;
}

function ids(chunks: readonly TickBatch[]): number[] {
  return chunks.flatMap((chunk) => [...chunk.tradeId.subarray(0, chunk.count)]);
}

const range = (from: number, to: number): number[] =>
  Array.from({ length: to - from }, (_, index) => from + index);

test('what was appended comes out once, in order, across chunks', () => {
  const buffer = new TickBuffer({ maxRows: 100_000 });
  buffer.append(ticks(0, 16_000));
  buffer.append(ticks(16_000, 16_384));
  buffer.append(ticks(32_384, 10));
  expect(buffer.rows).toBe(32_394);
  expect(ids(buffer.take())).toEqual(range(0, 32_394));
  expect(buffer.take()).toEqual([]);
  expect(buffer.rows).toBe(0);
});

test('what could not be written goes back in front of what came meanwhile', () => {
  const buffer = new TickBuffer({ maxRows: 1_000 });
  buffer.append(ticks(0, 5));
  const failed = buffer.take();
  buffer.append(ticks(5, 5));
  buffer.putBack(failed);
  expect(buffer.rows).toBe(10);
  expect(ids(buffer.take())).toEqual(range(0, 10));
});

test('past its bound it gives everything up at once, and takes nothing until it is resumed', () => {
  const buffer = new TickBuffer({ maxRows: 10 });
  buffer.append(ticks(0, 8));
  buffer.append(ticks(8, 3));
  expect(buffer.isSpilled).toBe(true);
  expect(buffer.rows).toBe(0);
  buffer.append(ticks(11, 1));
  expect(buffer.take()).toEqual([]);
  buffer.resume();
  buffer.append(ticks(12, 2));
  expect(ids(buffer.take())).toEqual([12, 13]);
});

test('putting back past the bound spills too, so a part is never kept without what belongs before it', () => {
  const buffer = new TickBuffer({ maxRows: 10 });
  buffer.append(ticks(0, 8));
  const failed = buffer.take();
  buffer.append(ticks(8, 8));
  buffer.putBack(failed);
  expect(buffer.isSpilled).toBe(true);
  expect(buffer.take()).toEqual([]);
});

test('recycled chunks are used again and hold nothing of before', () => {
  const buffer = new TickBuffer({ maxRows: 1_000 });
  buffer.append(ticks(0, 7));
  const taken = buffer.take();
  buffer.recycle(taken);
  buffer.append(ticks(100, 2));
  const again = buffer.take();
  expect(again[0]).toBe(taken[0]);
  expect(ids(again)).toEqual([100, 101]);
});

test('what frames told beside ticks is bounded with them, put back in front, and given up with them', () => {
  const buffer = new TickBuffer({ maxRows: 10 });
  buffer.appendVenue(told(0, 3));
  buffer.append(ticks(0, 4));
  expect([buffer.rows, buffer.size]).toEqual([4, 7]);
  const [taken, venue] = [buffer.take(), buffer.takeVenue()];
  buffer.appendVenue(told(3, 1));
  buffer.putBack(taken, venue);
  expect(buffer.takeVenue().map(({ offset }) => offset)).toEqual([0, 1, 2, 3]);
  buffer.appendVenue(told(4, 11));
  expect(buffer.isSpilled).toBe(true);
  expect([buffer.take(), buffer.takeVenue()]).toEqual([[], []]);
});

function told(first: number, count: number): VenueRow[] {
  const span = { instrument: 0, kind: VenueRowKind.standIn, minutes: 1, fromMicros: 0, toMicros: 1 };
  return Array.from({ length: count }, (_, at) =>
    spanRow({ ...span, by: ToldBy.fold, receiveMicros: 1, offset: first + at, index: 0 }),
  );
}
