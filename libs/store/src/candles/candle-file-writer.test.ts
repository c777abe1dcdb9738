import { execFileSync, spawnSync } from 'node:child_process';
import { mkdtemp, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabases } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { ManualClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { MINUTE, candles, quietLog, tableOf } from './candle-fixture.ts';
import { CandleFileWriter } from './candle-file-writer.ts';
import { stagedRows } from './candle-parquet.ts';

const canLimit = spawnSync('prlimit', ['--pid', String(process.pid)]).status === 0;
const FILE_BYTES_MAX = 3_000_000;

// Without it the signal ends the process; with it the engine gets EFBIG where a full disk gives ENOSPC.
process.on('SIGXFSZ', () => undefined);

function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

let dataDir: string;

beforeEach(async () => {
  dataDir = await mkdtemp(join(tmpdir(), 'candle-writer-'));
});

afterEach(async () => {
  if (canLimit) limitFiles('unlimited');
  await rm(dataDir, { recursive: true, force: true });
});

function engineNow(): Database {
  const found = openDatabases().find(({ owner }) => owner === 'candle writer');
  if (found === undefined) throw new Error('the candle writer has no engine');
  return found;
}

/** An engine in memory has no file to fill: one is attached, whose end it tells of as of its own. */
async function stopAttached(engine: Database): Promise<void> {
  await engine.write((tx) => tx.run(`ATTACH '${join(dataDir, 'attached.duckdb')}' AS attached`));
  await engine.write((tx) => tx.run('CREATE TABLE attached.filler(a DOUBLE)'));
  limitFiles(String(FILE_BYTES_MAX));
  for (;;) {
    try {
      await engine.write((tx) => tx.run('INSERT INTO attached.filler SELECT random() FROM range(60000)'));
      await engine.write((tx) => tx.run('CHECKPOINT attached'));
    } catch {
      limitFiles('unlimited');
      return;
    }
  }
}

test.skipIf(!canLimit)(
  'an engine that has stopped is replaced by a new one with the same settings, and candle files are written again (needs prlimit)',
  async () => {
    const clock = new ManualClock({ startMicros: 1 });
    await using writer = await CandleFileWriter.open({
      dataDir,
      instruments: tableOf(['SIM|ALPHA']),
      log: quietLog,
      clock,
    });
    const spill = `SELECT current_setting('temp_directory') AS spill`;
    const before = engineNow();
    const settings = await before.read(spill);
    await stopAttached(before);
    await expect(writer.read('SELECT count(*) FROM attached.filler')).rejects.toMatchObject({
      code: 'database-invalid',
    });
    const path = join(dataDir, 'live', 'x.parquet');
    await writer.write({ path, query: stagedRows(1), staged: candles([{ openTime: MINUTE }]) });
    expect((await stat(path)).size).toBeGreaterThan(0);
    expect(engineNow()).not.toBe(before);
    expect(await engineNow().read(spill)).toEqual(settings);
  },
);
