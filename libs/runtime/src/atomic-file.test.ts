import { mkdir, mkdtemp, open, readdir, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { writeFileAtomic } from './atomic-file.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'atomic-file-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

test('replaces a whole file and leaves nothing else behind', async () => {
  const path = join(directory, 'status.json');
  await writeFileAtomic(path, 'first, and longer');
  await writeFileAtomic(path, Buffer.from('second'), { fsync: false });
  expect(await readFile(path, 'utf8')).toBe('second');
  expect(await readdir(directory)).toEqual(['status.json']);
});

test('a reader sees one content or another, never a part or none, while writers race', async () => {
  const path = join(directory, 'status.json');
  const contents = ['a', 'b', 'c', 'd'].map((letter) => letter.repeat(50_000));
  await writeFileAtomic(path, contents[0]);
  const writing = { now: true };
  const writers = Promise.all(
    contents.map(async (content) => {
      for (let round = 0; round < 10; round += 1) await writeFileAtomic(path, content, { fsync: false });
    }),
  ).finally(() => (writing.now = false));
  while (writing.now) expect(contents).toContain(await readFile(path, 'utf8'));
  await writers;
  expect(await readdir(directory)).toEqual(['status.json']);
});

test('a reader that has the old file open keeps it whole', async () => {
  const path = join(directory, 'candles.parquet');
  await writeFileAtomic(path, 'old');
  const reader = await open(path, 'r');
  await writeFileAtomic(path, 'new');
  expect(await reader.readFile('utf8')).toBe('old');
  await reader.close();
});

test.skipIf(process.platform === 'win32')(
  'a private file is never readable by others (skipped: Windows)',
  async () => {
    const path = join(directory, 'instance.json');
    await writeFileAtomic(path, 'open');
    await writeFileAtomic(path, 'secret', { mode: 0o600 });
    expect((await stat(path)).mode & 0o777).toBe(0o600);
  },
);

test('a write that fails leaves the old file and no temporary one', async () => {
  const path = join(directory, 'taken');
  await writeFileAtomic(join(directory, 'other'), 'x');
  await mkdir(path);
  await expect(writeFileAtomic(path, 'x')).rejects.toThrow();
  expect((await readdir(directory)).sort()).toEqual(['other', 'taken']);
  await expect(writeFileAtomic(join(directory, 'absent', 'file'), 'x')).rejects.toThrow('ENOENT');
});
