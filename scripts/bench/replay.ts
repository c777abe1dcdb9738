import { mkdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { symbolsOf } from './burst-frames.ts';
import { Child } from './children.ts';
import { figureOf } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { Ingestor } from './ingestor-process.ts';
import { writeRecording } from './recording-file.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 200;
const DEFAULT_TICKS = 10_000_000;
const DAY_MS = 86_400_000;
/** Nothing listens there: a start is measured up to where it would connect. */
const NOWHERE = { 'ws-url': 'ws://127.0.0.1:9', 'rest-url': 'http://127.0.0.1:9' };

const keys = symbolsOf(INSTRUMENTS)
  .map((symbol) => `BINANCE|${symbol}`)
  .join(',');

/** Replays a generated day (`--ticks`, spread from midnight UTC to now), starts on what it left, replays its journal. */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { ticks = DEFAULT_TICKS, rounds = 3 } = options;
  await using folder = await temporaryFolder('replay');
  const [recording, day, copy, empty] = ['day.txt', 'day', 'copy', 'empty'].map((name) =>
    join(folder.path, name),
  );
  const nowMs = Date.now();
  const span = { fromMicros: Math.floor(nowMs / DAY_MS) * DAY_MS * 1000, toMicros: nowMs * 1000 };
  await writeRecording({ path: recording, ticks, instruments: INSTRUMENTS, ...span });
  const fromText = await replayed(recording, day, ticks);
  const stored = (await stat(join(day, 'live', 'ticks_today.duckdb'))).size;
  const full = await startTimes(day, rounds);
  const fromJournal = await replayed(join(day, 'journal'), copy, ticks);
  await mkdir(empty);
  const nothing = await startTimes(empty, rounds);
  const million = `${ticks / 1e6} M ticks`;
  return [
    { name: `replay of a recording, ${million}, stored and published`, value: fromText, unit: 'frames/s' },
    {
      name: `replay of a journal, ${million}, stored and published`,
      value: fromJournal,
      unit: 'frames/s',
      aim: { atLeast: 500_000 },
    },
    { name: 'the live tick file', value: stored / ticks, unit: 'bytes/tick' },
    figureOf(`start to ready with ${million} of today on disk`, full, { unit: 'ms', aim: { atMost: 2_000 } }),
    figureOf('start to ready with nothing on disk', nothing, { unit: 'ms' }),
  ];
}

/** Frames a second by the command's own report: opening, folding, storing, publishing, without starting Node. */
async function replayed(from: string, dataDir: string, ticks: number): Promise<number> {
  const flags = {
    venue: 'binance',
    instruments: keys,
    'data-dir': dataDir,
    speed: 'max',
    json: true,
  } as const;
  await using child = Child.command('replay', { ...flags, 'log-level': 'warn' }, [from]);
  const result = JSON.parse(await child.finished()) as { accepted: number; seconds: number };
  if (result.accepted !== ticks)
    throw new Error(`${result.accepted} of ${ticks} ticks were taken from ${from}`);
  return ticks / result.seconds;
}

async function startTimes(dataDir: string, rounds: number): Promise<number[]> {
  const times: number[] = [];
  for (let round = 0; round < rounds; round += 1) {
    const startMs = performance.now();
    const flags = { venue: 'binance', instruments: keys, 'data-dir': dataDir, ...NOWHERE };
    await using ingestor = await Ingestor.start(flags);
    times.push(performance.now() - startMs);
    // It must really have come up, and not only have said so.
    await ingestor.status();
  }
  return times;
}
