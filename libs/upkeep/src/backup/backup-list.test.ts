import { mkdir, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { removeFolders, temporaryFolder } from './backup-fixture.ts';
import { backupName, listBackups, pruneBackups } from './backup-list.ts';
import { MANIFEST, writeManifest } from './manifest.ts';

afterEach(removeFolders);

const HOUR = 3_600_000_000;
const NOW = Date.UTC(2026, 0, 10) * 1_000;

async function backups(owner: string, ages: readonly number[], directory?: string): Promise<string> {
  const folder = directory ?? (await temporaryFolder());
  for (const age of ages) {
    const at = join(folder, backupName(NOW - age * HOUR));
    await mkdir(at);
    await writeManifest(at, {
      version: 1,
      owner,
      instance: 'test',
      release: '0.0.0',
      time: new Date(NOW / 1_000).toISOString(),
      durationMs: 1,
      reason: 'test',
      roots: [],
      bytes: 0,
      files: [],
      databases: [],
    });
  }
  return folder;
}

async function ages(directory: string): Promise<number[]> {
  const names = (await listBackups(directory)).map(({ name }) =>
    name.replaceAll(/T(\d\d)-(\d\d)-/g, 'T$1:$2:'),
  );
  return names.map((name) => (NOW / 1_000 - Date.parse(name)) / 3_600_000);
}

test('backups go by number, the oldest first', async () => {
  const directory = await backups('a', [5, 4, 3, 2, 1]);
  await pruneBackups(directory, { count: 2, hours: 100 }, NOW);
  expect(await ages(directory)).toEqual([2, 1]);
});

test('backups go by age, but never the newest good one, however old it is', async () => {
  const directory = await backups('a', [30, 20, 10]);
  await pruneBackups(directory, { count: 9, hours: 15 }, NOW);
  expect(await ages(directory)).toEqual([10]);
  await pruneBackups(directory, { count: 1, hours: 1 }, NOW);
  expect(await ages(directory)).toEqual([10]);
});

test('a damaged backup that is newer does not take the place of the newest good one', async () => {
  const directory = await backups('a', [30, 20, 10]);
  await rm(join(directory, backupName(NOW - 10 * HOUR), MANIFEST));
  await pruneBackups(directory, { count: 1, hours: 1 }, NOW);
  expect(await ages(directory)).toEqual([20]);
});

test('each owner keeps its own', async () => {
  const directory = await backups('a', [30, 20]);
  await backups('b', [5, 4], directory);
  await pruneBackups(directory, { count: 1, hours: 1 }, NOW);
  expect(await ages(directory)).toEqual([20, 4]);
});

test('other folders and files are left alone', async () => {
  const directory = await backups('a', [3, 2]);
  await mkdir(join(directory, 'mine'));
  await writeFile(join(directory, 'notes.txt'), 'x');
  await pruneBackups(directory, { count: 1, hours: 1 }, NOW);
  expect((await readdir(directory)).filter((name) => !name.startsWith('2026'))).toEqual([
    'mine',
    'notes.txt',
  ]);
});
