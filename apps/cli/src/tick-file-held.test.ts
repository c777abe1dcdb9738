import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endAll, eventually, freePorts, start, temporaryFolder, tickwright } from './process-fixture.ts';
import type { Command, Folder } from './process-fixture.ts';

/** Frames journaled while the file is held; the simulator sends some hundred a second. */
const HELD_FRAMES = 400;

const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

let folder: Folder;
let dataDir: string;
let flags: string[];

beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
  const [http, simulator] = await freePorts(2);
  flags = ['--data-dir', dataDir];
  for (const set of [`ingestor.http.port=${http}`, `simulator.port=${simulator}`]) flags.push('--set', set);
});

afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

interface Report {
  readonly ready: boolean;
  readonly reasons: readonly string[];
  readonly journal?: { readonly nextOffset: number; readonly durableOffset: number };
  readonly tickFile?: { readonly appliedOffset: number; readonly state: string };
  readonly gaps?: readonly { readonly cause: string }[];
}

async function status(): Promise<Report> {
  const { stdout } = await tickwright('status', '--json', ...flags);
  // One that holds its lock and does not serve yet cannot be asked.
  return stdout === '' ? { ready: false, reasons: [] } : JSON.parse(stdout);
}

/** The report that has what is looked for. */
function reported(what: string, isThere: (report: Report) => boolean): Promise<Report> {
  return eventually(what, async () => {
    const report = await status();
    return isThere(report) ? report : undefined;
  });
}

async function ended(command: Command): Promise<void> {
  command.child.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
}

test('an ingestor whose tick file another process has goes on with the journal, and stores every id exactly once when it is free', async () => {
  start('simulate', ...flags);
  const first = start('ingest', ...flags);
  await reported('stored ticks', ({ tickFile }) => (tickFile?.appliedOffset ?? 0) > 100);
  await ended(first);

  // This process is the other one.
  const path = join(dataDir, 'live', 'ticks_today.duckdb');
  const held = await openDatabase({ path, log });
  const second = start('ingest', ...flags);
  const begun = await reported('journal-only mode', ({ tickFile }) => tickFile?.state === 'journal-only');
  const from = begun.journal?.nextOffset ?? 0;
  const grown = await reported(
    'journaled frames',
    ({ journal }) => (journal?.durableOffset ?? 0) > from + HELD_FRAMES,
  );
  expect(grown).toMatchObject({ ready: false, tickFile: { appliedOffset: 0 } });
  expect(grown.reasons.join()).toContain(`process ${process.pid} has it open`);
  const asked = await tickwright('ticks', 'SIM|ALPHA', '--count', ...flags);
  expect([asked.code === 0, asked.stderr]).toEqual([false, expect.stringContaining('journal only')]);
  await held.close();

  await reported('a tick file that has caught up', ({ ready, tickFile }) => {
    return ready && (tickFile?.appliedOffset ?? 0) > from + HELD_FRAMES;
  });
  // Nothing was judged silent or lost meanwhile: the gaps are the first start and the time between the two runs.
  const causes = ((await status()).gaps ?? []).map(({ cause }) => cause);
  expect(causes.filter((cause) => cause !== 'start' && cause !== 'disconnect')).toEqual([]);
  await ended(second);
  const verified = await tickwright('verify', ...flags);
  expect([verified.code, verified.stderr]).toEqual([0, expect.anything()]);
}, 60_000);

test('a second instance is told apart from another holder: by the state file, with exit 4', async () => {
  const held = await openDatabase({ path: join(dataDir, 'state.duckdb'), log });
  const refused = await tickwright('ingest', ...flags);
  expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('state.duckdb')]);
  await held.close();
});
