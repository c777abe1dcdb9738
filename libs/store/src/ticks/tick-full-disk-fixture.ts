// A process that appends until its disk is full, and says what it then finds stored: see tick-full-disk.test.ts. Not
// exported by the package.
import { CommitInDoubtError } from '@tickwright/database';
import { START, batchOf, open, ticksOf } from './tick-fixture.ts';
import type { TickFile } from './tick-file.ts';

const FRAMES = 3000;

/** What the writer tells when it is done. */
export interface FullDiskReport {
  readonly cause: string;
  readonly acknowledged: number;
  readonly applied: number;
  readonly ticks: number;
}

async function appendUntilDoubt(file: TickFile): Promise<CommitInDoubtError> {
  for (;;) {
    const from = file.appliedOffset;
    const to = from + FRAMES;
    // Prices that do not compress, so that the file grows with every checkpoint.
    const ticks = ticksOf(from, to).map((tick) => ({ ...tick, price: Math.sqrt(tick.offset + 2) }));
    try {
      await file.append([batchOf(ticks)], { appliedOffset: to, receiveMicros: START });
    } catch (error) {
      if (error instanceof CommitInDoubtError) return error;
      throw error;
    }
  }
}

async function write(dataDir: string): Promise<void> {
  await using file = await open(dataDir);
  await file.database.write((tx) => tx.run(`SET GLOBAL checkpoint_threshold = '1MB'`));
  const doubt = await appendUntilDoubt(file);
  const acknowledged = file.appliedOffset;
  const applied = await file.reload();
  const report = { cause: String(doubt.cause), acknowledged, applied, ticks: await file.countTicks({}) };
  process.send?.(report);
}

process.once('message', (dataDir) => void write(String(dataDir)).finally(() => process.disconnect()));
