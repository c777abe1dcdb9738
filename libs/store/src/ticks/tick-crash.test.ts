import { fork } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { batchOf, open, rowsOf, storedTicks, ticksOf } from './tick-fixture.ts';

const ROUNDS = 5;

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'crash-'));
});

afterEach(async () => {
  await rm(dataDir, { recursive: true, force: true });
});

/** Starts the writer and kills it after some flushes; gives the offset that it acknowledged last. */
async function killedAfter(flushes: number): Promise<number> {
  const execArgv = ['--conditions', '@tickwright/source', '--import', import.meta.resolve('tsx')];
  const child = fork(new URL('./tick-crash-fixture.ts', import.meta.url), { execArgv });
  let acknowledged = 0;
  let count = 0;
  child.on('message', (offset) => {
    acknowledged = Number(offset);
    count += 1;
    if (count === flushes) setTimeout(() => child.kill('SIGKILL'), flushes % 5);
  });
  child.send(dataDir);
  await once(child, 'close');
  return acknowledged;
}

test('a writer killed at any moment has stored exactly the ticks of the offset it says', async () => {
  let sealed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    // The writer seals every eighth flush: the kills fall before, into and after sealings.
    const acknowledged = await killedAfter(4 + 5 * round);
    await using file = await open(dataDir);
    expect(file.appliedOffset).toBeGreaterThanOrEqual(acknowledged);
    expect(await storedTicks(file)).toEqual(rowsOf(batchOf(ticksOf(0, file.appliedOffset))));
    sealed = file.stats.sealedOffset;
  }
  // Otherwise no sealing was met, and the test has shown less than it says.
  expect(sealed).toBeGreaterThan(0);
});
