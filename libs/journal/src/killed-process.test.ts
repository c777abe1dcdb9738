import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { expect, test } from 'vitest';
import { inFolder, range, readTestFrames } from './frames-fixture.ts';

const PROGRAM = `
import { openJournal } from ${JSON.stringify(new URL('./writing/open-journal.ts', import.meta.url).href)};
import { appendTestFrames, quietLog as log } from ${JSON.stringify(new URL('./frames-fixture.ts', import.meta.url).href)};
import { systemClock as clock } from ${JSON.stringify(new URL('../../runtime/src/clock/system-clock.ts', import.meta.url).href)};
const journal = await openJournal({ directory: process.argv[2], name: 'test', clock, log, fileBytes: 300_000 });
let told = 0;
for (;;) {
  appendTestFrames(journal, 20);
  await new Promise((resolve) => setImmediate(resolve));
  if (journal.durableOffset > told) console.log((told = journal.durableOffset));
  while (journal.isCongested) await clock.sleep(1);
}
`;

test('kill -9 loses no frame that the process knew to be durable, and the next run goes on behind them', () =>
  inFolder(async (folder) => {
    const program = join(folder, 'append.mts');
    await writeFile(program, PROGRAM);
    const directory = join(folder, 'journal');
    for (let round = 0; round < 5; round++) {
      const child = spawn(
        process.execPath,
        ['--import', 'tsx', '--conditions=@tickwright/source', program, directory],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let durable = 0;
      let told = 0;
      createInterface({ input: child.stdout }).on('line', (line) => {
        durable = Number(line);
        if (++told === 5 + round * 3) child.kill('SIGKILL');
      });
      await once(child, 'close');
      expect(durable).toBeGreaterThan(0);
      const back = await readTestFrames({ directory });
      expect(back.damage).toEqual([]);
      expect(back.different).toEqual([]);
      expect(back.offsets).toEqual(range(0, back.offsets.length));
      expect(back.offsets.length).toBeGreaterThanOrEqual(durable);
    }
  }));
