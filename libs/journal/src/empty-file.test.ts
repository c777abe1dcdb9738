import { join } from 'node:path';
import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { memoryFiles, type MemoryFiles } from './files/faulty-files.ts';
import { journalFileName } from './files/file-list.ts';
import { encodeFileHeader } from './format/file-format.ts';
import { appendTestFrames, quietLog as log, range, readTestFrames } from './frames-fixture.ts';
import type { Journal } from './journal.ts';
import { inspectJournal } from './upkeep/inspection.ts';
import { openJournal } from './writing/open-journal.ts';

const directory = '/journal';
const quarantine = '/quarantine';
const pathOf = (firstOffset: number): string => join(directory, journalFileName(firstOffset));

function open(files: MemoryFiles): Promise<Journal> {
  const clock = new ManualClock({ startMicros: 1 });
  return openJournal({ directory, name: 'test', log, files, clock, quarantine, compression: 'none' });
}

/** A file of 20 frames, and where in it the first 10 end. */
async function twentyFrames(): Promise<{ bytes: Buffer; tenAt: number }> {
  const files = memoryFiles();
  const journal = await open(files);
  appendTestFrames(journal, 10);
  await journal.sync();
  const tenAt = content(files, 0).length;
  appendTestFrames(journal, 10);
  await journal.close();
  return { bytes: content(files, 0), tenAt };
}

function content(files: MemoryFiles, firstOffset: number): Buffer {
  const bytes = files.content(pathOf(firstOffset));
  if (bytes === undefined) throw new Error(`no file of ${firstOffset}`);
  return bytes;
}

/**
 * A disk as a killed process leaves it that had given up its file at frame 10 and begun the next: the system shows a new
 * file with a header and nothing behind it, whose name is not on the disk yet.
 */
async function withEmptyFile(before: Buffer): Promise<MemoryFiles> {
  const files = memoryFiles();
  files.place(pathOf(0), before);
  const file = await files.open(pathOf(10), 'create');
  await file.write(encodeFileHeader({ name: 'test', firstOffset: 10, previous: undefined }), 0);
  return files;
}

async function cut(files: MemoryFiles, length: number): Promise<void> {
  const file = await files.open(pathOf(0), 'modify');
  await file.truncate(length);
}

test('frames that were cut off before an empty file do not come back when power goes after a start', async () => {
  const { bytes, tenAt } = await twentyFrames();
  const files = await withEmptyFile(bytes);
  await cut(files, tenAt);
  const next = await open(files);
  expect(next.nextOffset).toBe(10);
  const disk = files.crash({ kind: 'synced-only' });
  expect((await readTestFrames({ directory, files: disk })).offsets).toEqual(range(0, 10));
  expect((await open(disk)).nextOffset).toBe(10);
});

test('the file that takes the place of an empty one says what the file before it is', async () => {
  const { bytes, tenAt } = await twentyFrames();
  const files = await withEmptyFile(bytes);
  await cut(files, tenAt);
  const next = await open(files);
  appendTestFrames(next, 10);
  await next.close();
  const inspected = await inspectJournal(directory, { files });
  expect(inspected.map(({ firstOffset, frames, state }) => [firstOffset, frames, state])).toEqual([
    [0, 10, 'whole'],
    [10, 10, 'whole'],
  ]);
});

test('frames that could not be cut off before an empty file are taken: they are as they came', async () => {
  const { bytes } = await twentyFrames();
  const files = await withEmptyFile(bytes);
  const next = await open(files);
  expect(next.nextOffset).toBe(20);
  const disk = files.crash({ kind: 'synced-only' });
  expect(await readTestFrames({ directory, files: disk })).toEqual({
    offsets: range(0, 20),
    damage: [],
    different: [],
  });
});

test('an empty file stays where frames before it are missing: their offsets are not used again', async () => {
  const { bytes, tenAt } = await twentyFrames();
  const harmed = Buffer.from(bytes.subarray(0, tenAt));
  harmed[tenAt - 1] ^= 1;
  const files = await withEmptyFile(harmed);
  const next = await open(files);
  expect(next.nextOffset).toBe(10);
  appendTestFrames(next, 10);
  await next.close();
  const { offsets, damage } = await readTestFrames({ directory, files });
  expect(offsets).toEqual(range(10, 20));
  expect(damage).toMatchObject([{ reason: 'checksum', firstOffset: 0, endOffset: 10 }]);
});

test('a torn first write leaves an empty file, too, and a copy of what was torn', async () => {
  const { bytes, tenAt } = await twentyFrames();
  const files = await withEmptyFile(bytes.subarray(0, tenAt));
  const file = await files.open(pathOf(10), 'modify');
  const torn = bytes.subarray(tenAt, bytes.length - 1);
  await file.write(torn, content(files, 10).length);
  const next = await open(files);
  expect(next.nextOffset).toBe(10);
  expect(next.repaired).toMatchObject({
    cutBytes: torn.length,
    cutFrames: { firstOffset: 10, endOffset: 20 },
  });
  const copies = await files.list(quarantine);
  expect(copies).toHaveLength(1);
  expect(files.content(join(quarantine, copies[0]))).toEqual(torn);
  expect(await readTestFrames({ directory, files })).toMatchObject({ offsets: range(0, 10), damage: [] });
});
