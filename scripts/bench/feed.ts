import { randomUUID } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { join } from 'node:path';
import { loadConfig } from '@tickwright/config';
import type { Config } from '@tickwright/config';
import { FeedSender } from '@tickwright/feed';
import { openOffline } from '@tickwright/ingestor';
import type { Core } from '@tickwright/ingestor';
import { InstrumentTable, TickBatch, calendars, instrumentKey } from '@tickwright/market';
import { loopService, systemClock } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
// The ingestor's own parts and not a likeness of them: what is measured is what runs.
import { configuredFeed } from '../../apps/ingestor/src/feed/feed-service.ts';
import { JournalSink } from '../../apps/ingestor/src/intake/journal-sink.ts';
import { startBurst } from './burst.ts';
import { quiet, tableOf } from './candle-files.ts';
import { Child } from './children.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 200;
const RATE = 10_000;
const WARM_UP_MS = 5_000;
const DEFAULT_SECONDS = 30;
const BATCH_ROWS = 16_384;
/** Ticks on their way at most: the sender waits for the subscriber's count, so that nothing is dropped. */
const MAX_ON_THE_WAY = 1_000_000;

export type FeedCommand =
  | { readonly type: 'count' }
  /** What is to be added to a wall time of ours to compare it with the subscriber's `process.hrtime`. */
  | { readonly type: 'measure'; readonly offsetMicros: number }
  | { readonly type: 'report'; readonly checkpoints: readonly number[] };

interface Percentiles {
  readonly p50: number;
  readonly p99: number;
  readonly count: number;
}

export type FeedAnswer =
  | { readonly type: 'live' }
  | { readonly type: 'counted'; readonly ticks: number; readonly lost: number }
  | {
      readonly type: 'reported';
      readonly all: Percentiles;
      readonly apart: Percentiles;
      readonly lost: number;
    };

type Answer<T extends FeedAnswer['type']> = Extract<FeedAnswer, { type: T }>;

/**
 * From the receive time of a tick in the ingestor until another process has it from the feed, everything on, at 10,000
 * ticks a second; then ticks a second in full batches between two processes.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS } = options;
  return [...(await latency(seconds)), ...(await throughput(Math.min(seconds, 10)))];
}

async function latency(seconds: number): Promise<Figure[]> {
  await using folder = await temporaryFolder('feed');
  await using burst = await startBurst({ instruments: INSTRUMENTS, rate: RATE });
  const flags = [
    `dataDir=${JSON.stringify(folder.path)}`,
    'feed.kind=zeromq',
    'feed.publish=tcp://127.0.0.1:*',
    'feed.snapshot=tcp://127.0.0.1:*',
  ];
  const { config } = await loadConfig({ flags, env: {} });
  await using owned = await openOffline({ config, version: 'bench', clock: systemClock, log: quiet });
  const { core } = owned;
  await core.begin();
  const services = [...storing(core, config), venueStream(core, burst)];
  const parts = { core, instance: randomUUID(), version: 'bench', epochOffset: 0 };
  const feed = configuredFeed(config, { ...parts, clock: systemClock, log: quiet });
  if (feed === undefined) throw new Error('the feed is not configured');
  await feed.start();
  if (feed.addresses === undefined) throw new Error('the feed has no address');
  const ending = new AbortController();
  const running = [...services, feed].map((service) => service.run(ending.signal));
  await using child = Child.script('./feed-subscriber.ts', Object.values(feed.addresses));
  await child.receive<Answer<'live'>>('live');
  await systemClock.sleep(WARM_UP_MS);
  child.send({
    type: 'measure',
    offsetMicros: hrtimeMicros() - systemClock.nowMicros(),
  } satisfies FeedCommand);
  const checkpoints = await checkpointsWithin(folder.path, seconds * 1_000);
  const { all, apart, lost } = await child.ask<Answer<'reported'>, FeedCommand>(
    { type: 'report', checkpoints },
    'reported',
  );
  await burst.pause();
  ending.abort();
  await Promise.all(running);
  return [
    { name: 'messages measured', value: all.count, unit: 'messages' },
    { name: 'receive to another process: p50', value: all.p50, unit: 'ms', aim: { atMost: 1 } },
    { name: 'receive to another process: p99', value: all.p99, unit: 'ms', aim: { atMost: 5 } },
    { name: `the same, ${checkpoints.length} checkpoints left out: p50`, value: apart.p50, unit: 'ms' },
    { name: `the same, ${checkpoints.length} checkpoints left out: p99`, value: apart.p99, unit: 'ms' },
    { name: 'messages lost on the way, fetched again', value: lost, unit: 'messages' },
  ];
}

function venueStream(core: Core, burst: { readonly port: number; readonly symbols: readonly string[] }) {
  const venue = catalogue.venue('binance');
  const instruments = burst.symbols.map((symbol) => venue.instrument(instrumentKey(`BINANCE|${symbol}`)));
  core.register(instruments);
  const { journal, pipeline } = core;
  const common = { clock: systemClock, log: quiet };
  return venue.createStream({
    instruments,
    streamKind: 'trade',
    wsUrl: `ws://127.0.0.1:${burst.port}`,
    restUrl: 'http://127.0.0.1:9',
    sink: new JournalSink({ venue: venue.name, journal, pipeline, ...common }),
    calendars,
    lastTickMicros: (key) => pipeline.lastReceiveMicros(key),
    ...common,
  });
}

function storing(core: Core, { ingestor }: Config) {
  const clock = systemClock;
  return [
    loopService({
      name: 'flush',
      clock,
      intervalMs: ingestor.flushIntervalMs,
      work: (signal) => core.store(signal),
    }),
    loopService({
      name: 'publish',
      clock,
      intervalMs: ingestor.aggregateIntervalMs,
      work: (signal) => core.publish({ signal }),
    }),
  ];
}

/** When the tick file's write-ahead log was merged into it, seen by its size, microseconds of `process.hrtime`. */
async function checkpointsWithin(dataDir: string, ms: number): Promise<number[]> {
  const path = join(dataDir, 'live', 'ticks_today.duckdb.wal');
  const moments: number[] = [];
  const endMs = performance.now() + ms;
  let before = 0;
  while (performance.now() < endMs) {
    const size = await stat(path).then(
      (found) => found.size,
      () => 0,
    );
    if (size < before) moments.push(hrtimeMicros());
    before = size;
    await systemClock.sleep(50);
  }
  return moments;
}

async function throughput(seconds: number): Promise<Figure[]> {
  const table = tableOf(INSTRUMENTS);
  const batch = filledBatch();
  await using sender = await FeedSender.bind({
    publish: 'tcp://127.0.0.1:*',
    snapshot: 'tcp://127.0.0.1:*',
    epoch: randomUUID(),
    source: { topics: () => [], state: () => undefined },
    offsets: () => ({ offset: 0, durableOffset: 0 }),
    limits: { highWaterMark: 100_000 },
    clock: systemClock,
    log: quiet,
  });
  await using child = Child.script('./feed-subscriber.ts', Object.values(sender.addresses));
  await child.receive<Answer<'live'>>('live');
  const received = async (): Promise<Answer<'counted'>> =>
    await child.ask<Answer<'counted'>>({ type: 'count' }, 'counted');
  await untilReceived(sender, { batch, table }, received);
  const before = await received();
  const sentBefore = sender.counts.ticks;
  const startMs = performance.now();
  while (performance.now() - startMs < seconds * 1_000) {
    const { ticks } = await received();
    while (sender.counts.ticks - sentBefore - (ticks - before.ticks) < MAX_ON_THE_WAY) {
      sender.sendTicks(batch, table);
      await new Promise(setImmediate);
    }
  }
  const after = await received();
  const rate = (after.ticks - before.ticks) / ((performance.now() - startMs) / 1_000);
  return [
    {
      name: `ticks through two processes, ${INSTRUMENTS} instruments`,
      value: rate,
      unit: 'ticks/s',
      aim: { atLeast: 1e6 },
    },
    { name: 'messages lost on the way, fetched again', value: after.lost - before.lost, unit: 'messages' },
  ];
}

/** A subscription takes a moment to arrive. */
async function untilReceived(
  sender: FeedSender,
  { batch, table }: { batch: TickBatch; table: InstrumentTable },
  received: () => Promise<Answer<'counted'>>,
): Promise<void> {
  while ((await received()).ticks === 0) {
    sender.sendTicks(batch, table);
    await systemClock.sleep(50);
  }
}

function filledBatch(): TickBatch {
  const batch = new TickBatch(BATCH_ROWS);
  batch.count = BATCH_ROWS;
  for (let row = 0; row < BATCH_ROWS; row += 1) {
    batch.instrument[row] = (row * 7) % INSTRUMENTS;
    batch.price[row] = 100 + (row % 50) / 100;
    batch.offset[row] = row;
  }
  return batch;
}

function hrtimeMicros(): number {
  return Number(process.hrtime.bigint()) / 1000;
}
