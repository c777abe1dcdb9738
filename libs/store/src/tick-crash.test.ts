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

/** Starts the writer and resolves once it has acknowledged its first flush. */
async function writer(): Promise<{ child: ReturnType<typeof fork>; acknowledged: () => number }> {
  const execArgv = ['--conditions', '@tickwright/source', '--import', import.meta.resolve('tsx')];
  const child = fork(new URL('crash-writer.ts', import.meta.url), { execArgv });
  let acknowledged = 0;
  child.on('message', (offset) => {
    acknowledged = Number(offset);
  });
  child.send(dataDir);
  await once(child, 'message');
  return { child, acknowledged: () => acknowledged };
}

test('a writer killed at any moment has stored exactly the ticks of the offset it says', async () => {
  let sealed = 0;
  for (let round = 0; round < ROUNDS; round++) {
    const { child, acknowledged } = await writer();
    await new Promise((resolve) => setTimeout(resolve, 37 * (round + 1)));
    child.kill('SIGKILL');
    await once(child, 'close');

    await using file = await open(dataDir);
    expect(file.appliedOffset).toBeGreaterThanOrEqual(acknowledged());
    expect(await storedTicks(file)).toEqual(rowsOf(batchOf(ticksOf(0, file.appliedOffset))));
    sealed = file.stats.sealedOffset;
  }
  // Otherwise no sealing was met, and the test has shown less than it says.
  expect(sealed).toBeGreaterThan(0);
});
