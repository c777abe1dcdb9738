import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { systemClock } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import { quietLog, removeFolders, temporaryFolder } from './core-fixture.ts';
import { ingest } from './ingest.ts';
import { openOffline } from './offline.ts';
import { holdElsewhere } from './ticks/held-file-fixture.ts';

afterEach(removeFolders);

// As from another container: of the first instance only the engine's lock is seen, and the files on the volume.
const FIRST = `{"pid":1,"instanceId":"first","startedAt":"2026-01-01T00:00:00.000Z","addresses":{"http":"http://127.0.0.1:1"},"token":"its own"}\n`;

async function firstInstance(): Promise<{ dataDir: string; file: string }> {
  const dataDir = await temporaryFolder();
  const file = join(dataDir, 'ingestor', 'instance.json');
  await mkdir(join(dataDir, 'ingestor'));
  await writeFile(file, FIRST);
  return { dataDir, file };
}

const common = { version: '0.0.0', clock: systemClock, log: quietLog };

test('an ingestor that the state file refuses leaves the address of the first one as it is', async () => {
  const { dataDir, file } = await firstInstance();
  await using _first = await holdElsewhere(join(dataDir, 'state.duckdb'));
  const config = configSchema.parse({ dataDir, ingestor: { http: { port: 0 } } });
  const seen = new Set<string>();
  // What a client would read while the second one starts.
  const log = { ...quietLog, debug: () => void readFile(file, 'utf8').then((text) => seen.add(text)) };
  const refused = ingest({
    ...common,
    config,
    log,
    signal: new AbortController().signal,
    abandon: (error) => {
      throw error;
    },
  });
  await expect(refused).rejects.toMatchObject({ code: 'database-locked', exitCode: 4 });
  expect(await readFile(file, 'utf8')).toBe(FIRST);
  expect([...seen].filter((text) => text !== FIRST)).toEqual([]);
});

test('a command that wants to own the directory does so as well, and one that may publishes itself', async () => {
  const { dataDir, file } = await firstInstance();
  const config = configSchema.parse({ dataDir });
  const first = await holdElsewhere(join(dataDir, 'state.duckdb'));
  await expect(openOffline({ ...common, config })).rejects.toMatchObject({ code: 'database-locked' });
  expect(await readFile(file, 'utf8')).toBe(FIRST);
  await first.release();
  await using _owner = await openOffline({ ...common, config });
  expect(JSON.parse(await readFile(file, 'utf8'))).toMatchObject({ pid: process.pid, addresses: {} });
});
