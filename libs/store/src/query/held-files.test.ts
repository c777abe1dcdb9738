import { mkdtemp, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { CandleFileMovedError, HeldFiles } from './held-files.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'held-files-'));
  path = join(folder, '09.parquet');
  await writeFile(path, 'old');
});

afterEach(() => rm(folder, { recursive: true }));

async function replace(): Promise<void> {
  await writeFile(`${path}.tmp`, 'new');
  await rename(`${path}.tmp`, path);
}

test.skipIf(process.platform === 'win32')(
  'a held file reads as it was after it is replaced and after it is gone',
  async () => {
    await using held = await HeldFiles.hold([path]);
    await replace();
    expect(await readFile(held.readPaths[0], 'utf8')).toBe('old');
    await rm(path);
    expect(await readFile(held.readPaths[0], 'utf8')).toBe('old');
    expect(await held.changed()).toBeUndefined();
  },
);

test('where files cannot be held, a replaced one is noticed afterwards', async () => {
  await using held = await HeldFiles.hold([path], 'comparison');
  expect(held.readPaths).toEqual([path]);
  expect(await held.changed()).toBeUndefined();
  await replace();
  expect(await held.changed()).toBe(path);
});

test('a file that is gone is an error that another try can mend', async () => {
  await rm(path);
  for (const holding of ['descriptor', 'comparison'] as const) {
    const error: unknown = await HeldFiles.hold([path], holding).catch((cause: unknown) => cause);
    expect(error).toBeInstanceOf(CandleFileMovedError);
    expect(error).toMatchObject({ canRetry: true });
  }
});

test("a message speaks of the file's own name", async () => {
  await using held = await HeldFiles.hold([path]);
  expect(held.named(`cannot read "${held.readPaths[0]}"`)).toBe(`cannot read "${path}"`);
});
