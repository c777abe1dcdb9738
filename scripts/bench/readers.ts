import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'hdr-histogram-js';
import { instrumentNames } from '@tickwright/simulator';
import { Child } from './children.ts';
import type { Message } from './children.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { Ingestor, startSimulation } from './ingestor-process.ts';
import type { IngestorStatus } from './ingestor-process.ts';
import type { Writes } from './one-file-writer.ts';
import type { Readings } from './paced-reading.ts';
import { temporaryFolder } from './temporary-folder.ts';

const READERS = 5;
const INSTRUMENTS = 200;
const RATE = 1_000;
const PUBLISH_MS = 500;
const DEFAULT_SECONDS = 60;
const PUBLISHED_MS = 60_000;

/**
 * Five reader processes at five queries a second beside an ingestor that publishes every 0.5 s; then the same load with
 * readers and writer opening one DuckDB file in turn.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS } = options;
  return [...(await besideIngestor(seconds)), ...(await besideOneFile(seconds))];
}

async function besideIngestor(seconds: number): Promise<Figure[]> {
  const market = await startSimulation({ instruments: INSTRUMENTS, rate: RATE });
  await using _simulator = market.child;
  await using folder = await temporaryFolder('readers');
  const keys = instrumentNames(INSTRUMENTS).map((name) => `SIM|${name}`);
  await using ingestor = await Ingestor.start([
    ...[...market.flags, '--instruments', keys.join(','), '--data-dir', folder.path],
    ...['--set', `ingestor.aggregateIntervalMs=${PUBLISH_MS}`],
  ]);
  const before = await published(ingestor);
  const readings = await readWith('./candle-reader.ts', [folder.path, String(INSTRUMENTS), String(seconds)]);
  const after = await ingestor.status();
  const name = 'tickwright';
  return [
    ...readFigures(name, readings, { atMost: 0 }),
    { name: `${name}: publish cycles`, value: after.candles.cycles - before.candles.cycles, unit: 'cycles' },
    {
      name: `${name}: publish cycles missed`,
      value: after.candles.missedCycles - before.candles.missedCycles,
      unit: 'cycles',
      aim: { atMost: 0 },
    },
    {
      name: `${name}: publishes failed`,
      value: after.candles.failures - before.candles.failures,
      unit: 'cycles',
      aim: { atMost: 0 },
    },
  ];
}

/** Waits until there is something to read. */
async function published(ingestor: Ingestor): Promise<IngestorStatus> {
  const untilMs = performance.now() + PUBLISHED_MS;
  for (;;) {
    const status = await ingestor.status();
    if (status.candles.cycles >= 4 && status.ticks.accepted > 0) return status;
    if (performance.now() > untilMs) throw new Error(`no candles were published within ${PUBLISHED_MS} ms`);
    await sleep(250);
  }
}

async function besideOneFile(seconds: number): Promise<Figure[]> {
  await using folder = await temporaryFolder('one-file');
  const path = join(folder.path, 'shared.duckdb');
  await using writer = Child.script('./one-file-writer.ts', [path, String(INSTRUMENTS), String(RATE)]);
  await writer.receive('ready');
  const readings = await readWith('./one-file-reader.ts', [path, String(INSTRUMENTS), String(seconds)]);
  const writes = await writer.ask<Writes>({ type: 'stop' }, 'writes');
  const name = 'one DuckDB file in turn';
  return [
    ...readFigures(name, readings),
    { name: `${name}: writes`, value: writes.cycles, unit: 'cycles' },
    { name: `${name}: write cycles missed`, value: writes.missed, unit: 'cycles' },
    { name: `${name}: writes failed after three retries`, value: writes.failed, unit: 'cycles' },
  ];
}

async function readWith(script: string, args: readonly string[]): Promise<Readings[]> {
  await using children = childrenOf(script, args);
  const seconds = Number(args[args.length - 1]);
  const limitMs = (seconds + 60) * 1000;
  return await Promise.all(
    children.list.map((child) => child.receive<Message & Readings>('readings', limitMs)),
  );
}

function childrenOf(script: string, args: readonly string[]): AsyncDisposable & { list: Child[] } {
  const list = Array.from({ length: READERS }, () => Child.script(script, args));
  return {
    list,
    [Symbol.asyncDispose]: async () => {
      await Promise.all(list.map((child) => child[Symbol.asyncDispose]()));
    },
  };
}

function readFigures(name: string, readings: readonly Readings[], aim?: Figure['aim']): Figure[] {
  const all = <T>(of: (one: Readings) => readonly T[]): T[] => readings.flatMap((one) => [...of(one)]);
  const failures = all((one) => one.failures);
  if (failures.length > 0) console.error(`readers: ${name}: the first failed read: ${failures[0]}`);
  const latency = percentile(all((one) => one.latenciesMs));
  const age = percentile(all((one) => one.agesMs));
  const failed = { name: `${name}: reads failed`, value: failures.length, unit: 'reads' };
  return [
    { name: `${name}: reads`, value: all((one) => one.latenciesMs).length, unit: 'reads' },
    aim === undefined ? failed : { ...failed, aim },
    { name: `${name}: read p50`, value: latency(50), unit: 'ms' },
    { name: `${name}: read p99`, value: latency(99), unit: 'ms' },
    { name: `${name}: age of the answer p50`, value: age(50), unit: 'ms' },
    { name: `${name}: age of the answer p99`, value: age(99), unit: 'ms' },
  ];
}

/** Of milliseconds, kept in microseconds. */
function percentile(valuesMs: readonly number[]): (share: number) => number {
  const histogram = build({ highestTrackableValue: 600_000_000, numberOfSignificantValueDigits: 3 });
  for (const value of valuesMs) histogram.recordValue(Math.max(0, Math.round(value * 1000)));
  return (share) => histogram.getValueAtPercentile(share) / 1000;
}
