// A process that appends and seals as fast as it can until it is killed: see tick-crash.test.ts. Not exported by the
// package.
import { START, batchOf, open, ticksOf } from './tick-fixture.ts';

const FRAMES = 40;
const SEAL_EVERY = 8;

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

process.once('message', (dataDir) => void write(String(dataDir)));
