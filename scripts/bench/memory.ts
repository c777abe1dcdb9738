import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions, Figure } from './figures.ts';
import { Ingestor, startSimulation } from './ingestor-process.ts';
import { openHandles, residentBytes } from './process-figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 200;
const RATE = 2_000;
const DEFAULT_SECONDS = 600;
const MIB = 2 ** 20;
/** Buffers and compiled code settle in the first part of a run; the slope is taken behind it. */
const SETTLING_SHARE = 0.2;

interface Reading {
  readonly hours: number;
  readonly residentMiB: number;
  readonly heapMiB: number;
  readonly handles: number;
}

/** An ingestor at 2,000 ticks/s for ten minutes (`--seconds`), looked at every ten seconds. */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS } = options;
  const market = await startSimulation({ instruments: INSTRUMENTS, rate: RATE });
  await using _simulator = market.child;
  await using folder = await temporaryFolder('memory');
  await using ingestor = await Ingestor.start({ ...market.flags, 'data-dir': folder.path });
  const readings = await watch(ingestor, seconds);
  const { ticks } = await ingestor.status();
  const settled = readings.slice(Math.floor(readings.length * SETTLING_SHARE));
  return [
    { name: `ticks taken in ${seconds} s`, value: ticks.accepted, unit: 'ticks' },
    ...described('resident memory', settled, (reading) => reading.residentMiB),
    ...described('heap in use', settled, (reading) => reading.heapMiB),
    { ...range('open files and sockets', readings, (reading) => reading.handles), unit: 'handles' },
  ];
}

async function watch(ingestor: Ingestor, seconds: number): Promise<Reading[]> {
  const everyMs = Math.min(10_000, (seconds * 1000) / 10);
  const startMs = performance.now();
  const readings: Reading[] = [];
  for (let dueMs = everyMs; dueMs <= seconds * 1000; dueMs += everyMs) {
    await sleep(Math.max(0, startMs + dueMs - performance.now()));
    const heap = /^nodejs_heap_size_used_bytes (\S+)/m.exec(await ingestor.text('/metrics'));
    readings.push({
      hours: (performance.now() - startMs) / 3_600_000,
      residentMiB: (residentBytes(ingestor.pid) ?? Number.NaN) / MIB,
      heapMiB: Number(heap?.[1] ?? Number.NaN) / MIB,
      handles: openHandles(ingestor.pid) ?? Number.NaN,
    });
  }
  return readings;
}

function described(
  name: string,
  readings: readonly Reading[],
  value: (reading: Reading) => number,
): Figure[] {
  return [
    { ...range(name, readings, value), unit: 'MiB' },
    { name: `${name}: slope, least squares`, value: slope(readings, value), unit: 'MiB/h' },
  ];
}

/** The last value, with the least and the greatest. */
function range(
  name: string,
  readings: readonly Reading[],
  value: (reading: Reading) => number,
): Omit<Figure, 'unit'> {
  const values = readings.map(value);
  return { name, value: values[values.length - 1], min: Math.min(...values), max: Math.max(...values) };
}

function slope(readings: readonly Reading[], value: (reading: Reading) => number): number {
  const mean = (of: (reading: Reading) => number): number =>
    readings.reduce((sum, reading) => sum + of(reading), 0) / readings.length;
  const [meanHours, meanValue] = [mean((reading) => reading.hours), mean(value)];
  const rise = mean((reading) => (reading.hours - meanHours) * (value(reading) - meanValue));
  return rise / mean((reading) => (reading.hours - meanHours) ** 2);
}
