import { mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { LogFiles } from './log-files.ts';
import { createLog } from './pino-log.ts';

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'tickwright-log-'));
});

afterEach(async () => {
  await rm(folder, { recursive: true, force: true });
});

async function linesOf(path: string): Promise<Record<string, unknown>[]> {
  const names = (await readdir(path)).toSorted();
  const texts = await Promise.all(names.map((name) => readFile(join(path, name), 'utf8')));
  return texts
    .join('')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line));
}

test('a log goes to its destination and to files, as JSON and without secrets', async () => {
  const files = new LogFiles({ folder: join(folder, 'log'), fileBytes: 1_000_000, files: 3 });
  const shown: string[] = [];
  const destination = { write: (line: string) => void shown.push(line) };
  const log = createLog({ level: 'info', name: 'test', pretty: true, destination, files });
  log.info({ token: 's-1', offset: 1 }, 'one');
  log.warn({ offset: 2 }, 'two');
  await files.close();
  const lines = await linesOf(join(folder, 'log'));
  expect(lines.map(({ msg, offset, token }) => [msg, offset, token])).toEqual([
    ['one', 1, '***'],
    ['two', 2, undefined],
  ]);
  expect(shown.join('')).toContain('one');
});

test('files are finished at their size, the newest few are kept, and every line is whole', async () => {
  const files = new LogFiles({ folder, fileBytes: 10_000, files: 3 });
  for (let at = 0; at < 2_000; at += 1) {
    files.write(`${JSON.stringify({ at, text: 'x'.repeat(80) })}\n`);
    if (at % 50 === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  }
  await files.close();
  expect((await readdir(folder)).length).toBe(3);
  const kept = (await linesOf(folder)).map(({ at }) => Number(at));
  expect(kept.at(-1)).toBe(1_999);
  expect(kept).toEqual(Array.from({ length: kept.length }, (_, index) => 2_000 - kept.length + index));
});

test('a folder that cannot be made costs lines, which are counted and told once it can', async () => {
  const path = join(folder, 'log');
  await writeFile(path, 'a file in the way');
  const files = new LogFiles({ folder: path, fileBytes: 10_000, files: 3 });
  for (let at = 0; at < 5; at += 1) files.write(`{"at":${at}}\n`);
  await files.close();
  expect(files.dropped).toBe(5);
  await rm(path);
  files.write('{"at":5}\n');
  await files.close();
  expect(await linesOf(path)).toEqual([expect.objectContaining({ dropped: 5 }), { at: 5 }]);
});

test('lines that the disk does not take are dropped past a bound, and memory stays bounded', async () => {
  const files = new LogFiles({ folder, fileBytes: 100_000_000, files: 3 });
  const line = `${'x'.repeat(1_023)}\n`;
  // Within one turn nothing can be written.
  for (let at = 0; at < 5_000; at += 1) files.write(line);
  expect(files.dropped).toBe(5_000 - 4_096);
  await files.close();
  expect((await readdir(folder)).length).toBe(1);
});
