import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { afterEach, expect, test } from 'vitest';
import { cleanUp, eventually, root, temporaryFolder } from './harness.ts';
import { startProbedIngestor } from './probed-process.ts';

afterEach(cleanUp);

const onLinux = test.skipIf(process.platform !== 'linux');

onLinux(
  'in a real ingest nothing but the engine opens a database file, and it has each open once',
  async () => {
    const record = join(temporaryFolder(), 'opened.txt');
    writeFileSync(record, '');
    const preload = pathToFileURL(join(root, 'test/system/opened-files-record.mjs')).href;
    await using ingestor = await startProbedIngestor({
      ratePerSecond: 500,
      preload: [preload],
      env: { PROBE_OPENED_FILES: record },
    });
    await eventually(
      async () =>
        Number((await ingestor.ask('figures', { owner: 'tick file' }))['commits']) > 5 ? true : undefined,
      { what: 'some flushes' },
    );
    await fetch(`${ingestor.url}/api/v1/status`);
    const { names } = (await ingestor.ask('descriptors')) as { names: string[] };
    expect(names.filter((name) => name.endsWith('.duckdb')).toSorted()).toEqual([
      join(ingestor.dataDir, 'live/ticks_today.duckdb'),
      join(ingestor.dataDir, 'state.duckdb'),
    ]);
    ingestor.process.kill('SIGTERM');
    await ingestor.process.ended;
    const opened = readFileSync(record, 'utf8').split('\n');
    expect(
      opened.some((line) => line.includes('/journal/')),
      'what our own code opens is seen',
    ).toBe(true);
    expect(opened.filter((line) => /\.duckdb(\.wal)?$/.test(line))).toEqual([]);
  },
);
