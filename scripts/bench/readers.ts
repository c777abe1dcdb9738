import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'hdr-histogram-js';
import { Child } from './children.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { Ingestor, startSimulation } from './ingestor-process.ts';
import type { Writes } from './one-file-writer.ts';
import type { Readings } from './paced-reading.ts';
import { temporaryFolder } from './temporary-folder.ts';

const READERS = 5;
const INSTRUMENTS = 200;
const RATE = 1_000;
const PUBLISH_MS = 500;
const DEFAULT_SECONDS = 60;
const PUBLISHED_MS = 60_000;
const ENDING_SECONDS = 60;

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
  const flags = { ...market.flags, 'data-dir': folder.path };
  await using ingestor = await Ingestor.start(flags, [`ingestor.aggregateIntervalMs=${PUBLISH_MS}`]);
  await published(ingestor);
  await using readers = await startReaders('./candle-reader.ts', folder.path, seconds);
  const before = (await ingestor.status()).candles;
  const readings = await readers.read();
  const after = (await ingestor.status()).candles;
  const during = (count: 'cycles' | 'missedCycles' | 'failures'): number => after[count] - before[count];
  const name = 'tickwright';
  const none = { unit: 'cycles', aim: { atMost: 0 } };
  return [
    ...readFigures(name, readings, none.aim),
    { name: `${name}: publish cycles`, value: during('cycles'), unit: 'cycles' },
    { name: `${name}: publish cycles missed`, value: during('missedCycles'), ...none },
    { name: `${name}: publishes failed`, value: during('failures'), ...none },
  ];
}

/** Waits until there is something to read. */
async function published(ingestor: Ingestor): Promise<void> {
  const untilMs = performance.now() + PUBLISHED_MS;
  for (;;) {
    const status = await ingestor.status();
    if (status.candles.cycles >= 4 && status.ticks.accepted > 0) return;
    if (performance.now() > untilMs) throw new Error(`no candles were published within ${PUBLISHED_MS} ms`);
    await sleep(250);
  }
}

async function besideOneFile(seconds: number): Promise<Figure[]> {
  await using folder = await temporaryFolder('one-file');
  const path = join(folder.path, 'shared.duckdb');
  await using writer = Child.script('./one-file-writer.ts', [path, String(INSTRUMENTS), String(RATE)]);
  await writer.receive('ready');
  await using readers = await startReaders('./one-file-reader.ts', path, seconds);
  await writer.ask({ type: 'count' }, 'counting');
  const readings = await readers.read();
  const writes = await writer.ask<Writes>({ type: 'stop' }, 'writes');
  const name = 'one DuckDB file in turn';
  return [
    ...readFigures(name, readings),
    { name: `${name}: writes`, value: writes.cycles, unit: 'cycles' },
    { name: `${name}: write cycles missed`, value: writes.missed, unit: 'cycles' },
    { name: `${name}: writes failed after three retries`, value: writes.failed, unit: 'cycles' },
  ];
}

interface Readers extends AsyncDisposable {
  /** Lets all begin at once, and waits for what they found. */
  read(): Promise<Readings[]>;
}

/** Reader processes that have opened what they read and wait for the word to begin. */
async function startReaders(script: string, path: string, seconds: number): Promise<Readers> {
  const args = [path, String(INSTRUMENTS), String(seconds)];
  const children = Array.from({ length: READERS }, () => Child.script(script, args));
  const dispose = async (): Promise<void> => {
    await Promise.all(children.map((child) => child[Symbol.asyncDispose]()));
  };
  try {
    await Promise.all(children.map((child) => child.receive('ready')));
  } catch (error) {
    await dispose();
    throw error;
  }
  const limitMs = (seconds + ENDING_SECONDS) * 1000;
  return {
    read: () =>
      Promise.all(children.map((child) => child.ask<Readings>({ type: 'begin' }, 'readings', limitMs))),
    [Symbol.asyncDispose]: dispose,
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
