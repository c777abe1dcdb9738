import { instrumentKey, InstrumentTable, TickBatch } from '@tickwright/market';
import { catalogue } from '@tickwright/venues';
import protobuf from 'protobufjs';
import { FEED_SCHEMA } from '../../libs/venues/src/upstox/schema.ts';
import { figureOf, median } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';

const INSTRUMENTS = 50;
/** Distinct frames, decoded over and over. */
const FRAMES = 200;
const ROUNDS = 7;
const ROUND_MS = 300;

/**
 * Upstox frames in full mode (five levels, greeks, two candles) of 50 instruments: the decoder with its scanner, and
 * protobufjs alone, which has made no tick yet. One thread, interleaved, rounds by CPU time.
 */
export function run(options: BenchOptions): Figure[] {
  const venue = catalogue.venue('upstox');
  const table = new InstrumentTable();
  const keys = Array.from(
    { length: INSTRUMENTS },
    (_, at) => `NSE_EQ|INE${String(at).padStart(3, '0')}A01021`,
  );
  for (const key of keys) table.add(venue.instrument(instrumentKey(key)));
  const response = protobuf.parse(FEED_SCHEMA, { keepCase: true }).root.lookupType('upstox.FeedResponse');
  const frames = Array.from({ length: FRAMES }, (_, at) =>
    Buffer.from(response.encode(response.fromObject(frameOf(keys, at))).finish()),
  );
  const decoder = venue.createDecoder(table);
  const batch = new TickBatch(8192);
  let offset = 0;
  const scan = (): void => {
    for (const frame of frames) {
      batch.clear();
      decoder.decode(frame, 1, offset++, batch);
    }
  };
  const parse = (): void => {
    for (const frame of frames) response.decode(frame);
  };
  scan();
  parse();
  const scanned: number[] = [];
  const parsed: number[] = [];
  for (let round = 0; round < (options.rounds ?? ROUNDS); round++) {
    scanned.push(rate(scan));
    parsed.push(rate(parse));
  }
  if (decoder.counts.fallbacks > 0) throw new Error('the scanner did not know its own frames');
  return [
    figureOf('scanner, full mode, 50 instruments', scanned, { unit: 'ticks/s' }),
    figureOf('protobufjs of the same frames', parsed, { unit: 'ticks/s' }),
    {
      name: 'scanner over protobufjs',
      value: median(scanned) / median(parsed),
      unit: 'times',
      aim: { atLeast: 5 },
    },
  ];
}

/** Ticks a second of CPU time. */
function rate(once: () => void): number {
  const start = process.cpuUsage();
  let ticks = 0;
  for (;;) {
    once();
    ticks += FRAMES * INSTRUMENTS;
    const { user, system } = process.cpuUsage(start);
    if (user + system >= ROUND_MS * 1000) return (ticks * 1_000_000) / (user + system);
  }
}

function frameOf(keys: readonly string[], at: number): object {
  const feeds = Object.fromEntries(keys.map((key, number) => [key, feedOf(at * 100 + number)]));
  return { type: 'live_feed', feeds, currentTs: 1_742_373_998_921 + at };
}

function feedOf(salt: number): object {
  const price = 1313.7 + (salt % 97) / 20;
  const quote = { bidQ: 570 + salt, bidP: price - 0.05, askQ: 746, askP: price };
  const candle = { open: price, high: price + 1, low: price - 1, close: price };
  const marketFF = {
    ltpc: { ltp: price, ltt: 1_742_373_998_758 + salt, ltq: 1 + (salt % 300), cp: 1309.85 },
    marketLevel: { bidAskQuote: [quote, quote, quote, quote, quote] },
    optionGreeks: {},
    marketOHLC: {
      ohlc: [
        { interval: '1d', ...candle, vol: 7_791_920 + salt, ts: 1_742_322_600_000 },
        { interval: 'I1', ...candle, vol: 45_682, ts: 1_742_373_900_000 },
      ],
    },
    atp: 1310.68,
    vtt: 7_791_920 + salt,
    tbq: 358_719,
    tsq: 419_843,
  };
  return { fullFeed: { marketFF }, requestMode: 'full_d5' };
}
