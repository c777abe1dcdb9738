import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { acquireInstanceLock } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import { endAll, freePorts, recordedTrades, temporaryFolder, tickwright } from '../process-fixture.ts';

afterEach(endAll);

test('doctor finds a damaged tick file, repairs it with nothing lost, and leaves a running instance alone', async () => {
  await using folder = await temporaryFolder();
  const dataDir = join(folder.path, 'data');
  const recording = join(folder.path, 'frames');
  await writeFile(recording, `${recordedTrades(300).join('\n')}\n`);
  const common = ['--data-dir', dataDir, '--log-level', 'error'];
  const source = ['--venue', 'binance', '--instruments', 'BINANCE|BTCUSDT'];
  expect((await tickwright('replay', recording, ...source, ...common)).code).toBe(0);
  const [port] = await freePorts(1);
  const doctor = [...common, '--set', `ingestor.http.port=${port}`];

  const healthy = await tickwright('doctor', ...doctor);
  expect(healthy.stdout).toContain('nothing is wrong');
  expect(healthy.code).toBe(0);

  const file = await open(join(dataDir, 'live', 'ticks_today.duckdb'), 'r+');
  await file.write(Buffer.from('damage'), 0, 6, 270_000);
  await file.close();
  expect((await tickwright('doctor', ...doctor)).code).toBe(4);

  {
    await using _held = await acquireInstanceLock(join(dataDir, 'ingestor'));
    const refused = await tickwright('doctor', '--repair', ...doctor);
    expect(refused.stderr).toContain(`process ${process.pid}`);
    expect(refused.code).toBe(4);
  }

  const repaired = await tickwright('doctor', '--repair', '--json', ...doctor);
  const { repair } = JSON.parse(repaired.stdout);
  expect(repair).toMatchObject({ lost: [], spans: [], remaining: [] });
  expect(repair.after).toContainEqual(expect.objectContaining({ rows: 300 }));
  expect(repaired.code).toBe(0);
  const verified = await tickwright('verify', ...common);
  expect(verified.stdout).toContain('everything agrees; no open gap');
});
