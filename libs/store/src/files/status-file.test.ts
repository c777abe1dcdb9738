import { mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { systemClock } from '@tickwright/runtime';
import { FileReplaceError, replaceByRename } from './atomic-file.ts';
import { readStatus, statusPath, writeStatus } from './status-file.ts';
import type { Status } from './status-file.ts';

const STATUS: Status = {
  epoch: 'e1',
  offset: 1000,
  durableOffset: 1010,
  time: '2025-11-20T09:00:00.123Z',
  segments: {
    SIM: { watermark: '2025-11-20T09:00:00.000Z', openGaps: 2 },
    NSE_EQ: { watermark: null, openGaps: 0 },
  },
  ingestor: { pid: 42, instance: 'abc', version: '0.1.0' },
};

let dataDir: string;
const waits: number[] = [];
const clock = {
  ...systemClock,
  sleep: async (ms: number): Promise<void> => {
    waits.push(ms);
  },
};

beforeEach(async () => {
  waits.length = 0;
  dataDir = await mkdtemp(join(tmpdir(), 'status-'));
});

afterEach(() => rm(dataDir, { recursive: true }));

test('a status is read as it was written and leaves no other file', async () => {
  await writeStatus({ dataDir, status: { ...STATUS, offset: 1 }, clock });
  await writeStatus({ dataDir, status: STATUS, clock });

  expect(await readStatus(dataDir)).toEqual(STATUS);
  expect(await readdir(join(dataDir, 'live'))).toEqual(['status.json']);
});

test('a status that is absent, torn or of another shape is none', async () => {
  expect(await readStatus(dataDir)).toBeUndefined();
  await mkdir(dirname(statusPath(dataDir)), { recursive: true });
  const torn = JSON.stringify(STATUS).slice(0, 40);
  const others = [
    { ...STATUS, offset: '1' },
    { ...STATUS, time: 'now' },
    { ...STATUS, segments: { SIM: 1 } },
    [],
    null,
  ];
  for (const text of ['', torn, ...others.map((other) => JSON.stringify(other))]) {
    await writeFile(statusPath(dataDir), text);
    expect(await readStatus(dataDir), text).toBeUndefined();
  }
});

test('a status with more in it than this version knows is read', async () => {
  const more = { ...STATUS, later: true };
  await writeStatus({ dataDir, status: more, clock });
  expect(await readStatus(dataDir)).toMatchObject(STATUS);
});

test('a refused rename is tried again and counted; one that stays refused leaves the old file', async () => {
  const from = join(dataDir, 'a.tmp');
  const to = join(dataDir, 'a');
  let refused = 0;
  const onRefused = (): void => {
    refused += 1;
  };
  const failing = (times: number) => async (): Promise<void> => {
    if (times-- > 0) throw Object.assign(new Error('in use'), { code: 'EPERM' });
  };

  await replaceByRename({ from, to, clock, onRefused, rename: failing(3) });
  expect({ refused, waits }).toEqual({ refused: 3, waits: [20, 40, 60] });

  await writeFile(from, 'new');
  const error: unknown = await replaceByRename({ from, to, clock, onRefused, rename: failing(99) }).catch(
    (cause: unknown) => cause,
  );
  expect(error).toBeInstanceOf(FileReplaceError);
  expect(error).toMatchObject({ canRetry: true, code: 'file-replace-refused' });
  expect(await readdir(dataDir)).toEqual([]);
});
