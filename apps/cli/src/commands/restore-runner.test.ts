import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { Ledger, ledgerPath } from '@tickwright/ledger';
import { acquireInstanceLock, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { ledgerBackups } from '../../../runner/src/ledger-backups.ts';
import { temporaryFolder, tickwright } from '../process-fixture.ts';
import type { Folder } from '../process-fixture.ts';

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const limits = { eventDays: 30, bookDays: 30, maxBytes: 1e9 };

let folder: Folder;
let dataDir: string;

beforeEach(async () => {
  folder = await temporaryFolder();
  dataDir = join(folder.path, 'data');
});

afterEach(async () => {
  await folder[Symbol.asyncDispose]();
});

/** Works on the ledger as its runner does, and ends. */
async function withLedger(work: (ledger: Ledger) => Promise<unknown>): Promise<void> {
  await using _lock = await acquireInstanceLock(join(dataDir, 'runner'));
  await using ledger = await Ledger.open({ path: ledgerPath(dataDir), limits, log, clock: systemClock });
  await work(ledger);
}

function told(ledger: Ledger, id: string): Promise<void> {
  return ledger.appendAlerts([{ id, timeMicros: 1, kind: 'x', severity: 'info', text: id }]);
}

test("a backup of the runner's ledger is restored by its name or as the latest, keeps what it replaces, and not while the runner runs", async () => {
  const config = configSchema.parse({ dataDir });
  await withLedger(async (ledger) => {
    await told(ledger, 'before');
    const own = { config, ledger, instance: 'a', version: '0', clock: systemClock, log };
    await using backups = ledgerBackups(own);
    await backups.begin();
    await backups.make('asked for');
    await told(ledger, 'after');
  });
  const restore = ['restore', 'latest', '--runner', '--data-dir', dataDir];
  {
    await using _held = await acquireInstanceLock(join(dataDir, 'runner'));
    const refused = await tickwright(...restore);
    expect([refused.code, refused.stderr]).toEqual([4, expect.stringContaining('has held it')]);
  }
  const done = await tickwright(...restore);
  expect([done.code, done.stderr]).toEqual([0, expect.anything()]);
  expect(done.stdout).toMatch(/^restored .*1 file checked\nwhat was there before lies in .*quarantine/);
  await withLedger(async (ledger) => {
    expect((await ledger.queries.alerts({ limit: 9 })).map(({ id }) => id)).toEqual(['before']);
  });
  const [name = ''] = await readdir(join(dataDir, 'runner', 'backups'));
  const again = await tickwright('restore', name, '--runner', '--data-dir', dataDir);
  expect(again.code).toBe(0);
  const wrong = await tickwright('restore', join(dataDir, 'runner', 'backups', name), '--data-dir', dataDir);
  expect([wrong.code, wrong.stderr]).toEqual([4, expect.stringContaining('is a backup of the runner')]);
});
