import { readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import { Shop, put, quietLog, removeFolders, rowsOf, temporaryFolder, textsBelow } from './backup-fixture.ts';
import { restoreBackup } from './restoring.ts';
import type { RestoreReport } from './restoring.ts';
import { finishRestore } from './restore-plan.ts';
import type { OnRestoreStep } from './restore-plan.ts';

afterEach(removeFolders);

function restore(dataDir: string, folder: string, onStep?: OnRestoreStep): Promise<RestoreReport> {
  const options = { owner: 'shop', folder, dataDir, clock: systemClock, log: quietLog };
  return restoreBackup(onStep === undefined ? options : { ...options, onStep });
}

/** A closed data directory that went on after its backup. */
async function backedUp(): Promise<{ dataDir: string; folder: string }> {
  await using shop = await Shop.open(await temporaryFolder());
  await shop.append(100);
  const { folder } = await shop.backup();
  await shop.append(50);
  await put(shop.dataDir, 'gone.txt', 'not in the backup');
  await put(shop.dataDir, 'journal/0.tj', 'frames');
  await rm(join(shop.dataDir, 'parts/a'), { recursive: true });
  return { dataDir: shop.dataDir, folder };
}

async function expectRestored(dataDir: string): Promise<void> {
  expect(await rowsOf(join(dataDir, 'live/x.duckdb'))).toEqual({ rows: 100, isPrefix: true });
  expect(await readFile(join(dataDir, 'parts/a/1.parquet.txt'), 'utf8')).toBe('one');
  expect(await readFile(join(dataDir, 'journal/0.tj'), 'utf8')).toBe('frames');
  expect((await readdir(dataDir)).sort()).toEqual(['journal', 'live', 'parts', 'quarantine']);
}

test('a restore replaces what the backup stands for, keeps all of it, and leaves the rest alone', async () => {
  const { dataDir, folder } = await backedUp();
  const { setAside } = await restore(dataDir, folder);
  await expectRestored(dataDir);
  expect(setAside?.roots).toEqual(['live', 'parts', 'gone.txt']);
  expect(await rowsOf(join(setAside?.folder ?? '', 'live/x.duckdb'))).toEqual({ rows: 150, isPrefix: true });
  expect(await readFile(join(setAside?.folder ?? '', 'gone.txt'), 'utf8')).toBe('not in the backup');
});

test('what is restored shares no database with the backup', async () => {
  const { dataDir, folder } = await backedUp();
  await restore(dataDir, folder);
  const before = await readFile(join(folder, 'live/x.duckdb'));
  await rowsOf(join(dataDir, 'live/x.duckdb'));
  expect(before.equals(await readFile(join(folder, 'live/x.duckdb')))).toBe(true);
  await restore(dataDir, folder);
});

/** Steps of a restore here: staged, planned, three set aside and two placed by turns, finished. */
const INTERRUPTIONS = [
  ...[2, 3, 4, 5, 6, 7, 8].map((last) => ({ last, next: 'start' as const })),
  ...[1, 4].map((last) => ({ last, next: 'command' as const })),
];

test('a restore that is interrupted after any step is finished by the next start, or by the same command', async () => {
  const { dataDir: original, folder } = await backedUp();
  const texts = Object.entries(await textsBelow(original));
  for (const { last, next } of INTERRUPTIONS) {
    const dataDir = await temporaryFolder();
    for (const [path, text] of texts) await put(dataDir, path, text);
    const seen: string[] = [];
    const end = restore(dataDir, folder, (step) => {
      if (seen.push(step) === last) throw new Error('interrupted');
    });
    await expect(end, `${last}`).rejects.toThrow('interrupted');
    if (next === 'start') await finishRestore(dataDir, quietLog);
    else await restore(dataDir, folder);
    await expectRestored(dataDir);
    const quarantine = (await readdir(join(dataDir, 'quarantine'))).sort();
    const kept = await textsBelow(join(dataDir, 'quarantine', quarantine[0] ?? ''));
    expect(kept['gone.txt'], `${next} after ${seen.join()}`).toBe('not in the backup');
    expect(kept['parts/b/2.parquet.txt']).toBe('two');
  }
});

test('before its plan is written a restore has changed nothing', async () => {
  const { dataDir, folder } = await backedUp();
  const before = await textsBelow(dataDir);
  const stop: OnRestoreStep = (step) => {
    if (step === 'staged') throw new Error('interrupted');
  };
  await expect(restore(dataDir, folder, stop)).rejects.toThrow('interrupted');
  await finishRestore(dataDir, quietLog);
  expect(await textsBelow(dataDir)).toEqual(before);
});

test('an altered, a missing and an added file are each found before anything is touched', async () => {
  const { folder } = await backedUp();
  const dataDir = await temporaryFolder();
  for (const path of Object.keys(await textsBelow(folder)).map((each) => join(folder, each))) {
    const good = await readFile(path);
    const bad = Buffer.from(good);
    bad[Math.floor(bad.length / 2)] ^= 1;
    await writeFile(path, bad);
    await expect(restore(dataDir, folder), path).rejects.toThrow(/is damaged/);
    await rm(path);
    await expect(restore(dataDir, folder), path).rejects.toThrow(/is damaged/);
    await writeFile(path, good);
  }
  await put(folder, 'live/more.txt', 'x');
  await expect(restore(dataDir, folder)).rejects.toThrow(/more.txt is not in the manifest/);
  expect(await readdir(dataDir)).toEqual([]);
  await rm(join(folder, 'live/more.txt'));
  await restore(dataDir, folder);
});

test('the backup of another owner is refused', async () => {
  const { dataDir, folder } = await backedUp();
  const options = { owner: 'runner', folder, dataDir, clock: systemClock, log: quietLog };
  await expect(restoreBackup(options)).rejects.toThrow(/a backup of the shop, not of the runner/);
});

test('a folder that is no backup is refused', async () => {
  await expect(restore(await temporaryFolder(), await temporaryFolder())).rejects.toThrow(
    /manifest.json cannot be read/,
  );
  await expect(restore(await temporaryFolder(), '/nowhere/at/all')).rejects.toThrow(/there is no backup/);
});
