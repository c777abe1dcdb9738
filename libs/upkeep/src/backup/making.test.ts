import { access, readFile, readdir, rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { Shop, quietLog, removeFolders, rowsOf, temporaryFolder, textsBelow } from './backup-fixture.ts';
import { listBackups } from './backup-list.ts';
import { checkBackup } from './checking.ts';
import type { BackupStep } from './making.ts';

afterEach(removeFolders);

/** A file system that is not the one of the temporary folders. */
const OTHER_DISK = '/dev/shm';
const hasOtherDisk = await access(OTHER_DISK).then(
  () => process.platform === 'linux',
  () => false,
);

test('a backup has what its sources took, sums and counts, and no more', async () => {
  await using shop = await Shop.open();
  await shop.append(1_000);
  const { folder, manifest } = await shop.backup();
  expect(manifest.files.map(({ path }) => path)).toEqual([
    'live/status.json',
    'live/x.duckdb',
    'parts/a/1.parquet.txt',
    'parts/b/2.parquet.txt',
  ]);
  expect(manifest.databases).toEqual([{ path: 'live/x.duckdb', tables: { numbers: 1_000 }, ranges: [] }]);
  expect(Object.keys(await textsBelow(folder))).toHaveLength(6);
  await checkBackup(folder, quietLog);
});

test('under write load a copy holds exactly the rows that were written before it was held', async () => {
  await using shop = await Shop.open();
  await shop.append(50_000);
  const state = { isDone: false };
  const load = (async () => {
    while (!state.isDone) await shop.append(777);
  })();
  for (let round = 0; round < 3; round += 1) {
    const { folder, manifest } = await shop.backup();
    const counted = manifest.databases[0]?.tables['numbers'];
    const copy = join(await temporaryFolder(), 'x.duckdb');
    await writeFile(copy, await readFile(join(folder, 'live/x.duckdb')));
    expect(await rowsOf(copy)).toEqual({ rows: counted, isPrefix: true });
    expect(((counted ?? 0) - 50_000) % 777).toBe(0);
  }
  state.isDone = true;
  await load;
});

test('a file that is replaced after it was taken is in the backup as it was', async () => {
  await using shop = await Shop.open();
  const { folder } = await shop.backup({
    onStep: async (step) => {
      if (step !== 'taken') return;
      const path = join(shop.dataDir, 'live/status.json');
      await rm(path);
      await writeFile(path, '{"new":true}');
    },
  });
  expect(await readFile(join(folder, 'live/status.json'), 'utf8')).toBe('{}');
});

test('an end after any step leaves nothing that looks finished, and the next backup clears it away', async () => {
  await using shop = await Shop.open();
  await shop.append(10);
  const steps: BackupStep[] = ['begun', 'taken', 'copied', 'verified', 'described'];
  for (const last of steps) {
    const end = shop.backup({
      onStep: (step) => {
        if (step === last) throw new Error(`ended after ${last}`);
      },
    });
    await expect(end).rejects.toThrow(last);
    expect(await readdir(shop.directory), last).toEqual([]);
    // Checkpoints go on: the hold was given back.
    await shop.append(10);
    await shop.database.checkpoint();
    expect(await shop.database.stats.walBytes()).toBe(0);
  }
  // What a killed process leaves.
  const left = join(shop.directory, '2026-01-01T00-00-00.000Z.partial');
  await writeFile(left, 'x');
  await shop.backup();
  expect(await readdir(shop.directory)).toHaveLength(1);
  expect(await readdir(shop.dataDir)).not.toContain('.backup-links');
});

test('a file that has not changed is shared with the data and summed once', async () => {
  await using shop = await Shop.open();
  const first = await shop.backup();
  const second = await shop.backup();
  const inode = async (folder: string): Promise<number> =>
    (await stat(join(folder, 'parts/a/1.parquet.txt'))).ino;
  const inodes = await Promise.all([shop.dataDir, first.folder, second.folder].map(inode));
  expect(new Set(inodes).size).toBe(1);
  const databases = await Promise.all(
    [shop.dataDir, first.folder, second.folder].map(
      async (at) => (await stat(join(at, 'live/x.duckdb'))).ino,
    ),
  );
  expect(new Set(databases).size).toBe(3);
});

describe.skipIf(!hasOtherDisk)('on another file system (skipped: there is no /dev/shm)', () => {
  test('files are copied once, and kept from the backup before while they are the same', async () => {
    await using shop = await Shop.open(await temporaryFolder(OTHER_DISK));
    await shop.append(100);
    const first = await shop.backup();
    await rm(join(shop.dataDir, 'parts/b/2.parquet.txt'));
    await writeFile(join(shop.dataDir, 'parts/b/2.parquet.txt'), 'TWO');
    const second = await shop.backup();
    const inode = async (folder: string, path: string): Promise<number> =>
      (await stat(join(folder, path))).ino;
    expect(await inode(first.folder, 'parts/a/1.parquet.txt')).toBe(
      await inode(second.folder, 'parts/a/1.parquet.txt'),
    );
    expect(await readFile(join(first.folder, 'parts/b/2.parquet.txt'), 'utf8')).toBe('two');
    expect(await readFile(join(second.folder, 'parts/b/2.parquet.txt'), 'utf8')).toBe('TWO');
    await rm(first.folder, { recursive: true });
    await checkBackup(second.folder, quietLog);
    expect(await listBackups(shop.directory)).toMatchObject([{ name: second.name, problem: undefined }]);
  });
});

test('a database that is closed under its copy fails the backup at once', async () => {
  const shop = await Shop.open();
  const end = shop.backup({
    onStep: async (step) => {
      if (step === 'taken') await shop.database.close();
    },
  });
  await expect(end).rejects.toThrow(/closed/);
  expect(await readdir(shop.directory)).toEqual([]);
});

test.skipIf(process.platform !== 'linux')(
  'the database is still locked after a backup (skipped: only Linux tells)',
  async () => {
    await using shop = await Shop.open();
    const { ino } = await stat(join(shop.dataDir, 'live/x.duckdb'));
    const held = async (): Promise<string[]> => {
      const lines = (await readFile('/proc/locks', 'utf8')).split('\n');
      return lines.filter((line) => line.includes(` ${process.pid} `) && line.includes(`:${ino} `));
    };
    expect(await held()).toHaveLength(1);
    const { folder } = await shop.backup();
    await checkBackup(folder, quietLog);
    expect(await held()).toHaveLength(1);
  },
);
