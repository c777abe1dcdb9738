import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { memoryFiles, type MemoryFiles } from '../files/faulty-files.ts';
import { inspectJournal } from './inspection.ts';
import { openJournal } from '../writing/open-journal.ts';
import { pruneJournal } from './retention.ts';
import { appendTestFrames, quietLog as log, range, readTestFrames, testTime } from '../frames-fixture.ts';

const directory = '/journal';

/** Ten files of 100 frames each; all but the last compressed. */
async function tenFiles(): Promise<MemoryFiles> {
  const files = memoryFiles();
  const clock = new ManualClock({ startMicros: 1 });
  await using journal = await openJournal({ directory, name: 'test', clock, log, files, fileBytes: 1_000 });
  for (let i = 0; i < 10; i++) {
    appendTestFrames(journal, 100);
    await journal.sync();
  }
  await journal.compressed();
  return files;
}

test('inspection tells offsets, times, sizes and state of each file', async () => {
  const files = await tenFiles();
  const inspected = await inspectJournal(directory, { files });
  expect(inspected).toHaveLength(10);
  expect(inspected[3]).toMatchObject({
    path: '/journal/00000000000000000300.tj.gz',
    name: 'test',
    firstOffset: 300,
    endOffset: 400,
    frames: 100,
    blocks: 1,
    isCompressed: true,
    firstReceiveTime: testTime(300),
    lastReceiveTime: testTime(399),
    state: 'whole',
    missing: [],
  });
  expect(inspected[3].bytes).toBe(files.content(inspected[3].path)?.length);
  expect(inspected[9]).toMatchObject({ isCompressed: false, state: 'whole' });
});

test('a file whose blocks are whole but which is not what the next one was written after is told as changed', async () => {
  const files = await tenFiles();
  const other = memoryFiles();
  const clock = new ManualClock({ startMicros: 1 });
  const journal = await openJournal({ directory, name: 'other', clock, log, files: other });
  appendTestFrames(journal, 100);
  await journal.close();
  await files.unlink('/journal/00000000000000000000.tj.gz');
  files.place(
    '/journal/00000000000000000000.tj',
    other.content('/journal/00000000000000000000.tj') ?? Buffer.alloc(0),
  );
  const states = (await inspectJournal(directory, { files })).map((file) => file.state);
  expect(states).toEqual(['changed', ...Array.from({ length: 9 }, () => 'whole')]);
});

test('retention by age removes the oldest whole files, and none that holds a younger frame', async () => {
  const files = await tenFiles();
  const pruned = await pruneJournal({
    directory,
    files,
    keepFromOffset: 1_000,
    olderThanMicros: testTime(350),
  });
  expect(pruned.removed.map((path) => path.slice(-26))).toEqual([
    '00000000000000000000.tj.gz'.slice(-26),
    '00000000000000000100.tj.gz',
    '00000000000000000200.tj.gz',
  ]);
  expect(await readTestFrames({ directory, files })).toEqual({
    offsets: range(300, 1_000),
    damage: [],
    different: [],
  });
});

test('retention by size removes until the rest fits, but nothing at or above the offset to keep', async () => {
  const files = await tenFiles();
  const all = await pruneJournal({ directory, files, keepFromOffset: 1_000 });
  expect(all.removed).toEqual([]);
  const one = await pruneJournal({
    directory,
    files,
    keepFromOffset: 1_000,
    maxBytes: all.keptBytes - 1,
  });
  expect(one.removed).toHaveLength(1);
  expect(one.keptBytes + one.removedBytes).toBe(all.keptBytes);
  const kept = await pruneJournal({ directory, files, keepFromOffset: 499, maxBytes: 0 });
  expect(kept.removed).toHaveLength(3);
  expect((await readTestFrames({ directory, files })).offsets).toEqual(range(400, 1_000));
  await pruneJournal({ directory, files, keepFromOffset: 5_000, maxBytes: 0 });
  expect((await readTestFrames({ directory, files })).offsets).toEqual(range(900, 1_000));
});

test('a reader that asks for pruned offsets is told that they are missing, and goes on with what is there', async () => {
  const files = await tenFiles();
  await pruneJournal({ directory, files, keepFromOffset: 500, maxBytes: 0 });
  const back = await readTestFrames({ directory, files, from: 250, to: 600 });
  expect(back.offsets).toEqual(range(500, 600));
  expect(back.damage).toMatchObject([{ reason: 'missing', firstOffset: 250, endOffset: 500 }]);
});
