import { mkdir, mkdtemp, readFile, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ManualClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { setAside } from './quarantine.ts';

let dataDir = '';
const clock = new ManualClock({ startMicros: Date.UTC(2026, 0, 2, 3, 4, 5, 6) * 1_000 });

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'tickwright-quarantine-'));
  await mkdir(join(dataDir, 'live'));
  await writeFile(join(dataDir, 'live', 'a'), 'content');
});
afterEach(() => rm(dataDir, { recursive: true, force: true }));

test('what is set aside keeps its path and content, and a file beside it says why', async () => {
  const paths = [join(dataDir, 'live', 'a'), join(dataDir, 'live', 'absent')];
  const folder = await setAside({ dataDir, clock, paths, reason: 'damaged-log', found: 'a flipped bit' });
  expect(folder).toBe(join(dataDir, 'quarantine', '2026-01-02T03-04-05.006Z-damaged-log'));
  expect(await readFile(join(folder ?? '', 'live', 'a'), 'utf8')).toBe('content');
  expect(await readdir(join(dataDir, 'live'))).toEqual([]);
  expect(JSON.parse(await readFile(join(folder ?? '', 'why.json'), 'utf8'))).toMatchObject({
    found: 'a flipped bit',
    files: [{ path: join('live', 'a'), bytes: 7 }],
  });
});

test('two of one reason in one millisecond are kept apart, and nothing is set aside where there is nothing', async () => {
  const request = { dataDir, clock, reason: 'copy', found: '', how: 'copy' } as const;
  const paths = [join(dataDir, 'live', 'a')];
  const folders = [await setAside({ ...request, paths }), await setAside({ ...request, paths })];
  expect(new Set(folders).size).toBe(2);
  expect(await readdir(join(dataDir, 'live'))).toEqual(['a']);
  expect(await setAside({ ...request, paths: [join(dataDir, 'live', 'absent')] })).toBeUndefined();
});
