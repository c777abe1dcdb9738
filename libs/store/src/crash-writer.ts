// A process that appends and seals as fast as it can until it is killed: see tick-crash.test.ts. Not exported by the
// package. Frame n has n % 3 ticks, so that what must be stored up to an offset can be told from the offset alone.
import { START, batchOf, open } from './tick-fixture.ts';
import type { PlainTick } from './tick-fixture.ts';

const FRAMES = 40;
const SEAL_EVERY = 8;

export function ticksOf(from: number, to: number): PlainTick[] {
  return Array.from({ length: to - from }, (_, i) => from + i).flatMap((offset) =>
    Array.from({ length: offset % 3 }, (_, index) => ({ offset, index, instrument: index, tradeId: offset })),
  );
}

async function write(dataDir: string): Promise<void> {
  const file = await open(dataDir);
  for (let round = 1; ; round++) {
    const from = file.appliedOffset;
    const to = from + FRAMES;
    await file.append([batchOf(ticksOf(from, to))], { appliedOffset: to, receiveMicros: START });
    process.send?.(to);
    // Sealing runs beside the appends, as in the ingestor.
    if (round % SEAL_EVERY === 0) void file.seal();
  }
}

if (process.send !== undefined) process.once('message', (dataDir) => void write(String(dataDir)));
