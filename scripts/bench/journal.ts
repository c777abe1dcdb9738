import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openJournal, readJournal } from '@tickwright/journal';
import { FrameKind } from '@tickwright/market';
import { systemClock, type Log } from '@tickwright/runtime';

const FRAME_BYTES = 172;
const FRAMES = 400_000;
const FRAMES_A_TURN = 360;
const ROUNDS = 5;

/** Million frames of 172 bytes a second, medians of five rounds on one thread. */
export interface JournalRates {
  /** Calls of `append` in a loop of turns, without waiting for the disk. */
  readonly append: number;
  /** The same until all of it is durable. */
  readonly durable: number;
  /** Reading the plain files again, with a look at each frame. */
  readonly read: number;
  /** The same where each block holds one frame, as a slow stream writes them. */
  readonly readSingle: number;
}

/** Measures the journal alone on the disk of the system's temporary folder. */
export async function run(): Promise<JournalRates> {
  const rounds: JournalRates[] = [];
  for (let round = 0; round < ROUNDS; round++) rounds.push(await measure());
  return {
    append: median(rounds.map((one) => one.append)),
    durable: median(rounds.map((one) => one.durable)),
    read: median(rounds.map((one) => one.read)),
    readSingle: median(rounds.map((one) => one.readSingle)),
  };
}

async function measure(): Promise<JournalRates> {
  const burst = await writeAndRead({ frames: FRAMES, framesATurn: FRAMES_A_TURN });
  const single = await writeAndRead({ frames: FRAMES / 4, framesATurn: 1 });
  return { ...burst, readSingle: single.read };
}

async function writeAndRead(load: { frames: number; framesATurn: number }) {
  const directory = await mkdtemp(join(tmpdir(), 'tickwright-bench-journal-'));
  try {
    const written = await write(directory, load);
    const startMs = performance.now();
    const frames = await count(directory);
    if (frames !== load.frames) throw new Error(`${frames} frames were read, ${load.frames} were written`);
    return { ...written, read: frames / (performance.now() - startMs) / 1000 };
  } finally {
    await rm(directory, { recursive: true });
  }
}

async function write(directory: string, load: { frames: number; framesATurn: number }) {
  await using journal = await openJournal({
    directory,
    name: 'bench',
    clock: systemClock,
    log,
    compression: 'none',
  });
  const source = journal.source({ venue: 'binance', connection: 'ws-1', kind: FrameKind.message });
  const frame = Buffer.alloc(FRAME_BYTES, 'x');
  const startMs = performance.now();
  let appendMs = 0;
  for (let done = 0; done < load.frames;) {
    const turnMs = performance.now();
    for (let i = 0; i < load.framesATurn && done < load.frames; i++, done++) {
      journal.append(source, 1_700_000_000_000_000 + done, frame);
    }
    // Time given to the writer between turns is part of the price; time spent waiting for a congested disk is not.
    await new Promise((resolve) => setImmediate(resolve));
    appendMs += performance.now() - turnMs;
    while (journal.isCongested) await systemClock.sleep(1);
  }
  await journal.sync();
  const durableMs = performance.now() - startMs;
  return { append: load.frames / appendMs / 1000, durable: load.frames / durableMs / 1000 };
}

async function count(directory: string): Promise<number> {
  let frames = 0;
  let seen = 0;
  for await (const block of readJournal({ directory })) {
    for (let i = 0; i < block.count; i++) seen += block.bytes[block.start[i]] + block.receiveTime[i];
    frames += block.count;
  }
  return seen > 0 ? frames : 0;
}

const log: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: console.error,
};

function median(values: number[]): number {
  return values.sort((a, b) => a - b)[Math.floor(values.length / 2)];
}
