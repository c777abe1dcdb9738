import { existsSync } from 'node:fs';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, expect, test } from 'vitest';
import { readInstance } from '@tickwright/runtime';
import { endAll, eventually, freePorts, start, temporaryFolder } from './process-fixture.ts';
import type { Folder } from './process-fixture.ts';

/** Several processes have to start, and be up, on a machine that may have other things to do. */
const START_LIMIT_MS = 120_000;

let folder: Folder;
afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

/** Says that it begins to think, and never ends. */
const ENDLESS = (mark: string): string => `
import { writeFileSync } from 'node:fs';
export const endless = {
  name: 'endless', description: 'does not return', interval: '1m',
  parameters: { safeParse: (value) => ({ success: true, data: value }) },
  warmUp: () => 1,
  create: () => ({
    onCandle() {
      writeFileSync(${JSON.stringify(mark)}, 'thinking');
      for (;;);
    },
  }),
};
`;

interface Status {
  readonly journal: { readonly nextOffset: number };
  readonly tickFile: { readonly appliedOffset: number };
  readonly candles: { readonly cycles: number };
}

test('in a single process a strategy that loops for ever stops neither ingestion nor /health, and the process ends when told', async () => {
  folder = await temporaryFolder();
  const [http = 0, simulator = 0, runner = 0] = await freePorts(3);
  const dataDir = join(folder.path, 'data');
  const mark = join(folder.path, 'mark');
  const strategy = join(folder.path, 'endless.mjs');
  await writeFile(strategy, ENDLESS(mark));
  const values = {
    'ingestor.http.port': http,
    'simulator.port': simulator,
    'runner.http.port': runner,
    'runner.strategies': JSON.stringify([{ use: strategy, forming: true }]),
  };
  const sets = Object.entries(values).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const command = start('start', '--single-process', '--data-dir', dataDir, ...sets);
  const hasBegun = (): true | undefined => {
    if (command.child.exitCode !== null) throw new Error(command.stderr);
    return existsSync(mark) || undefined;
  };
  await eventually('the strategy to begin', hasBegun, START_LIMIT_MS);
  const ask = (port: number, path: string): Promise<Response> =>
    fetch(`http://127.0.0.1:${port}${path}`, { signal: AbortSignal.timeout(5_000) });
  const status = async (): Promise<Status> => (await ask(http, '/api/v1/status')).json() as Promise<Status>;

  await expect(ask(runner, '/health')).rejects.toThrow();
  const before = await status();
  await eventually('ingestion to go on', async () => {
    const { journal, tickFile, candles } = await status();
    const isGoing =
      journal.nextOffset > before.journal.nextOffset &&
      tickFile.appliedOffset > before.tickFile.appliedOffset &&
      candles.cycles > before.candles.cycles;
    return isGoing || undefined;
  });
  const health = await ask(http, '/health');
  expect(health.status).toBe(200);
  expect(await health.json()).toMatchObject({ ok: true });
  // It cannot be asked, but it has said who it is: one process.
  const runnerFile = await readFile(join(dataDir, 'runner', 'instance.json'), 'utf8');
  const ingestor = await readInstance(join(dataDir, 'ingestor'));
  expect(JSON.parse(runnerFile)).toMatchObject({ pid: ingestor?.pid });

  const stored = (await status()).tickFile.appliedOffset;
  command.child.kill('SIGTERM');
  await command.ended;
  expect(await readInstance(join(dataDir, 'ingestor'))).toBeUndefined();
  const file = await readFile(join(dataDir, 'live', 'status.json'), 'utf8');
  expect((JSON.parse(file) as { offset: number }).offset).toBeGreaterThanOrEqual(stored);
}, 200_000);
