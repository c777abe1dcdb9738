import { calendars, CandleBuilder, Deduplicator, TickBatch, TickKind } from '@tickwright/market';
import { expect, test } from 'vitest';
import { decodeOne } from '../decode-fixture.ts';
import { Decoded } from '../decoder.ts';
import type { VenueCandle } from '../history.ts';
import {
  areRecordingsHere,
  decoderOf,
  Readers,
  recordedFrames,
  recordedLines,
  recordedName,
  tableOf,
} from './feed-fixture.ts';
import { describeFeed, parseFeed } from './parse.ts';

const ICICI = 'NSE_EQ|INE090A01021';
const recorded = test.skipIf(!areRecordingsHere);
/** What follows 2025-03-19 14:16 IST in the recording: a snapshot, then five live frames, the last of depth alone. */
const SESSION = [1, 2, 3, 4, 5, 6];

/** proto3 says nothing of a field at its default, and the recorded texts say nothing of absent greeks. */
function plain(value: unknown): unknown {
  return JSON.parse(JSON.stringify(value));
}

function keysIn(frames: readonly object[]): string[] {
  const keys = frames.flatMap((frame) => ('feeds' in frame ? Object.keys(frame.feeds as object) : []));
  return [...new Set(keys)];
}

recorded(recordedName('12 of 12 frames that protoc encoded are the recorded objects'), () => {
  const decoded = recordedLines('frames.decoded.ndjson').map(({ frame }) => frame);
  const found = recordedFrames()
    .map((bytes) => parseFeed(bytes))
    .map((feed) => feed && plain(describeFeed(feed)));
  expect(found).toHaveLength(12);
  expect(found).toEqual(decoded);
});

recorded(recordedName('the scanner reads every recorded feed, and the same as protobufjs'), () => {
  const objects = recordedLines('frames.decoded.ndjson').map(({ frame }) => frame as object);
  const readers = new Readers(tableOf(...keysIn(objects)));
  let feeds = 0;
  for (const [at, bytes] of recordedFrames().entries()) {
    if (!('feeds' in objects[at])) continue;
    const scanned = readers.scan(bytes);
    expect(scanned, `frame ${at}`).toBeDefined();
    expect(scanned).toEqual(readers.parse(bytes));
    feeds += scanned?.rows.length ?? 0;
  }
  expect(feeds).toBe(14);
});

recorded(recordedName('the ticks have the numbers of the recorded objects'), () => {
  const decoder = decoderOf(tableOf(ICICI));
  const frames = recordedFrames();
  const found = SESSION.map((at) => decodeOne(decoder, frames[at]));
  expect(found.every(({ what }) => what === Decoded.ticks)).toBe(true);
  const ticks = found.map(({ ticks: [tick] }) => tick);
  expect(ticks[0].kind).toBe(TickKind.quote);
  expect(ticks.slice(1).every(({ kind }) => kind === TickKind.conflated)).toBe(true);
  expect(ticks.map(({ cumulativeVolume }) => cumulativeVolume)).toEqual([
    7790518, 7791920, 7792028, 7792030, 7792081, 7792081,
  ]);
  expect(ticks[1]).toMatchObject({ price: 1313.7, quantity: 234, eventTime: 1742373998758000 });
  expect(decoder.counts.fallbacks).toBe(0);
});

recorded(
  recordedName("the conflated session's candle volume is the vtt difference, not the sum of ltq"),
  () => {
    const table = tableOf(ICICI);
    const decoder = decoderOf(table);
    const gaps = {
      first() {},
      hole() {},
      covered() {},
      givenUp() {},
      ticked() {},
      ahead() {},
    };
    const deduplicator = new Deduplicator({ instruments: table, gaps, calendars });
    const candles = new CandleBuilder({ instruments: table, calendars, memoryHours: 3 });
    const frames = recordedFrames();
    const batch = new TickBatch(4096);
    for (const at of SESSION) decoder.decode(frames[at], 1742374002000000, at, batch);
    deduplicator.accept(batch);
    const trades = Array.from({ length: batch.count }, (_, row) => row).filter(
      (row) => batch.kind[row] === TickKind.conflated,
    );
    const volumes = trades.map((row) => batch.volume[row]);
    expect(volumes).toEqual([1402, 108, 2, 51]);
    expect(volumes.reduce((sum, volume) => sum + volume, 0)).toBe(7792081 - 7790518);
    expect(trades.map((row) => batch.quantity[row])).toEqual([234, 57, 2, 5]);
    // The frame of depth alone is no trade.
    expect(deduplicator.counts.duplicates).toBe(1);
    candles.fold(batch);
    const { candles: rows } = candles.takeChangedCandles(() => true);
    expect([...rows.volume.subarray(0, rows.count)].reduce((sum, volume) => sum + volume, 0)).toBe(1563);
  },
);

recorded(
  recordedName("the venue's own candle of the last minute is told once, however often it is sent"),
  () => {
    const table = tableOf(ICICI);
    const told: [number, VenueCandle][] = [];
    const decoder = decoderOf(table, {
      onVenueCandle: (instrument, candle) => told.push([instrument, candle]),
    });
    for (const at of SESSION) decodeOne(decoder, recordedFrames()[at]);
    expect(told).toEqual([
      [
        0,
        {
          openTimeMicros: 1742373900000000,
          closeTimeMicros: 1742373960000000,
          open: 1312.75,
          high: 1313.45,
          low: 1312.6,
          close: 1313.1,
          volume: 45682,
          volumeText: '45682',
          tradeCount: -1,
          isClosed: true,
        },
      ],
    ]);
  },
);
