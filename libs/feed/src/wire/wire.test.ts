import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TickBatch } from '@tickwright/market';
import type { FeedCandle } from '../feed-event.ts';
import { z85 } from '../sender/gatekeeper.ts';
import { TickSorter } from '../sender/tick-sorter.ts';
import { decodeCandles, encodeCandles } from './candle-columns.ts';
import { HEADER_BYTES, epochBytes, hasEpoch, preambleOf, readHeader, stampMessage } from './header.ts';
import { TICK_BYTES, decodeTicks, encodeTicks } from './tick-columns.ts';

const EPOCH = '01234567-89ab-4def-8123-456789abcdef';
const number = fc.double({ noNaN: true });

const candle: fc.Arbitrary<FeedCandle> = fc.record({
  openMicros: fc.nat(),
  closeMicros: fc.nat(),
  open: number,
  high: number,
  low: number,
  close: number,
  volume: number,
  tradeCount: fc.nat(),
  isClosed: fc.boolean(),
  isComplete: fc.boolean(),
  revision: fc.nat(),
  version: fc.maxSafeNat(),
  source: fc.constantFrom('ticks' as const, 'venue' as const),
});

/** The same bytes where a library may well put them: at an odd place in memory. */
function shifted(message: Buffer): Buffer {
  const space = Buffer.alloc(message.length + 3);
  message.copy(space, 3);
  return space.subarray(3);
}

test('candles are the same after their way, wherever their bytes lie', () => {
  fc.assert(
    fc.property(fc.array(candle, { maxLength: 20, size: 'max' }), (candles) => {
      const message = encodeCandles(candles);
      expect(decodeCandles(message, candles.length)).toEqual(candles);
      expect(decodeCandles(shifted(message), candles.length)).toEqual(candles);
    }),
    { numRuns: 100 },
  );
});

test('every column of a tick arrives, in order of arrival within its instrument, and no tick is left out', () => {
  const row = fc.record({
    instrument: fc.nat({ max: 4 }),
    price: number,
    side: fc.nat({ max: 2 }),
    index: fc.nat(),
  });
  fc.assert(
    fc.property(fc.array(row, { minLength: 1, maxLength: 1_500, size: 'max' }), (rows) => {
      const batch = new TickBatch(rows.length);
      for (const [at, each] of rows.entries()) {
        batch.instrument[at] = each.instrument;
        batch.price[at] = each.price;
        batch.side[at] = each.side;
        batch.index[at] = each.index;
        for (const [column, name] of FLOATS.entries())
          if (name !== 'price') batch[name][at] = at * 10 + column;
      }
      batch.count = rows.length;
      const found = new Map<number, number[]>();
      new TickSorter().sort(batch, 5, (instrument, order, span) => {
        const message = encodeTicks(batch, order, span);
        expect(message.length).toBe(HEADER_BYTES + (span.to - span.from) * TICK_BYTES);
        const ticks = decodeTicks(shifted(message), span.to - span.from);
        for (let at = 0; at < ticks.count; at += 1) {
          const from = Math.round(ticks.eventTime[at] / 10);
          for (const name of FLOATS) expect(ticks[name][at]).toBe(batch[name][from]);
          for (const name of SMALL) expect(ticks[name][at]).toBe(batch[name][from]);
          found.set(instrument, [...(found.get(instrument) ?? []), from]);
        }
      });
      for (let instrument = 0; instrument < 5; instrument += 1) {
        const wanted = rows.flatMap((each, at) => (each.instrument === instrument ? [at] : []));
        expect(found.get(instrument) ?? []).toEqual(wanted);
      }
    }),
    { numRuns: 8 },
  );
});

const FLOATS = [
  'eventTime',
  'receiveTime',
  'price',
  'quantity',
  'volume',
  'tradeId',
  'cumulativeVolume',
  'offset',
] as const;
const SMALL = ['index', 'side', 'kind', 'idSpace'] as const;

test('the header is laid out as the README says', () => {
  const message = encodeCandles([]);
  const stamp = { sequence: 7, offset: 2 ** 40, durableOffset: 5, sendMicros: 1.7e15 };
  stampMessage(message, { epoch: epochBytes(EPOCH), ...stamp, isSnapshot: true });
  expect(message.subarray(0, 8).toString('hex')).toBe('5457464402000201');
  expect(message.subarray(8, 24).toString('hex')).toBe('0123456789ab4def8123456789abcdef');
  expect([24, 32, 40, 48].map((at) => message.readDoubleLE(at))).toEqual(Object.values(stamp));
  expect(readHeader(message)).toEqual({ kind: 2, isSnapshot: true, epoch: EPOCH, ...stamp, count: 0 });
  expect(hasEpoch(message, epochBytes(EPOCH))).toBe(true);
  expect(hasEpoch(message, epochBytes(EPOCH.replace('0', 'f')))).toBe(false);
  expect(preambleOf(message)).toEqual({ protocol: 2 });
  expect(preambleOf(Buffer.from('TWF'))).toBe('unknown');
});

test('a payload of another length than its count says is an error', () => {
  expect(() => decodeTicks(encodeCandles([]), 1)).toThrow(RangeError);
  expect(() => decodeCandles(encodeCandles([]), 1)).toThrow(RangeError);
});

test('a key of 32 bytes becomes the text that RFC 32 gives as its example', () => {
  expect(z85(Buffer.from('864fd26fb559f75b', 'hex'))).toBe('HelloWorld');
});
