import { cp, mkdir, readFile, readdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import type { ManualClock } from '@tickwright/runtime';
import { openCandleScan, publishedCandles } from '@tickwright/store';
import { checkStore, repairBeforeStart, restoreBackup } from '@tickwright/upkeep';
import type { BackupJson, Backups, RestoreReport } from '@tickwright/upkeep';
import { catalogue } from '@tickwright/venues';
import { afterEach, expect, test } from 'vitest';
import { ingestorBackups } from './backups.ts';
import {
  Rig,
  START,
  quietLog,
  removeFolders,
  temporaryFolder,
  trades,
  whileTimePasses,
} from './core-fixture.ts';
import { readTicks } from './http/queries.ts';
import { openRepairedCore } from './repair/repaired-core.ts';
import { mismatches, verifyCore } from './verification/verify-core.ts';

afterEach(removeFolders);

function backupsOf({ core, dataDir, clock }: Rig, told: object = {}): Backups {
  const backups = configSchema.parse({ backups: told }).backups;
  return ingestorBackups({
    core,
    config: { dataDir, backups },
    instance: 'test',
    version: '0.0.0',
    clock,
    log: quietLog,
  });
}

/** The journal syncs by its clock, which stands: time passes while a backup is made. */
async function backedUp(rig: Rig, told?: object): Promise<BackupJson> {
  return whileTimePasses(rig.clock, backupsOf(rig, told).make('asked for'));
}

async function allTicks(rig: Rig): Promise<unknown[]> {
  const rows: unknown[] = [];
  const each = readTicks(rig.core, { instrument: 'BINANCE|BTCUSDT' });
  await rig.core.journal.sync();
  for await (const some of each) rows.push(...some);
  return rows;
}

async function allCandles(rig: Rig): Promise<unknown> {
  await using scan = await openCandleScan({ log: quietLog });
  const { dataDir, core, clock } = rig;
  const reader = publishedCandles({ dataDir, scan, instruments: core.instruments, clock });
  return JSON.parse(JSON.stringify(await reader.candles({ from: 0, to: START * 2 }), plain));
}

/** Without the frame at which a candle closed: where it closed after the last publication a start counts it anew. */
function plain(name: string, value: unknown): unknown {
  if (name === 'version') return undefined;
  return ArrayBuffer.isView(value) ? [...(value as unknown as Iterable<number>)] : value;
}

async function differences(rig: Rig): Promise<number> {
  await rig.core.journal.sync();
  return mismatches(await whileTimePasses(rig.clock, verifyCore(rig.core, new AbortController().signal)));
}

function restored(dataDir: string, folder: string, clock: ManualClock): Promise<RestoreReport> {
  return restoreBackup({ owner: 'ingestor', folder, dataDir, clock, log: quietLog });
}

test('what comes after a backup is not in it, and what the journal has of it is there after a restore', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 200));
  await rig.settle();
  await rig.live(trades(201, 100, { timeMicros: START + 200_000_000 }));
  const made = await backedUp(rig);
  expect(made).toMatchObject({ ticks: 300, problem: null });
  await rig.live(trades(301, 100, { timeMicros: START + 300_000_000 }));
  await rig.settle();
  const [ticks, candles] = [await allTicks(rig), await allCandles(rig)];
  await rig[Symbol.asyncDispose]();

  const report = await restored(rig.dataDir, made.folder, rig.clock);
  expect(report.journal).toMatchObject({ isSame: true, missing: [] });
  expect(report.journal?.frames).toBeGreaterThanOrEqual(100);
  expect(report.setAside?.roots).toEqual([
    'live',
    'gaps.parquet',
    'state.duckdb',
    'state.duckdb.ledger.anchor',
  ]);
  // What the state before it had claimed of itself is not asked of it.
  const { dataDir, clock } = rig;
  expect(await repairBeforeStart({ dataDir, clock, log: quietLog, endedCleanly: false })).toEqual([]);
  await using again = await Rig.open({ dataDir: rig.dataDir, clock: rig.clock });
  await again.settle();
  expect(await allTicks(again)).toEqual(ticks);
  expect(await allCandles(again)).toEqual(candles);
  expect(await differences(again)).toBe(0);
});

test('a start finishes an interrupted restore before it looks for damage', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 100));
  const made = await backedUp(rig);
  await rig.live(trades(101, 100, { timeMicros: START + 100_000_000 }));
  await rig.settle();
  await rig[Symbol.asyncDispose]();
  const { dataDir, clock } = rig;
  // When the state file is aside and its anchors are still there.
  let setAside = 0;
  const interrupted = restoreBackup({
    owner: 'ingestor',
    folder: made.folder,
    dataDir,
    clock,
    log: quietLog,
    onStep: (step) => {
      if (step === 'set-aside' && (setAside += 1) === 3) throw new Error('interrupted');
    },
  });
  await expect(interrupted).rejects.toThrow('interrupted');
  expect((await checkStore({ dataDir, isRunning: false })).findings).toMatchObject([
    { check: 'restore', severity: 'error' },
  ]);
  const core = await openRepairedCore({
    dataDir,
    instance: 'test',
    version: '0.0.0',
    venues: [catalogue.venue('binance')],
    memoryHours: 2,
    journal: { fileBytes: 1 << 20, syncIntervalMs: 20 },
    clock,
    log: quietLog,
    endedCleanly: false,
  });
  const [names, quarantined] = [await readdir(dataDir), await readdir(join(dataDir, 'quarantine'))];
  await whileTimePasses(clock, Promise.resolve(core[Symbol.asyncDispose]()));
  expect(names).not.toContain('restore.json');
  expect(quarantined).toEqual([expect.stringMatching(/-before-restore$/)]);
  await using again = await Rig.open({ dataDir, clock });
  expect(await allTicks(again)).toHaveLength(200);
});

test('a restore without a journal is consistent: the ticks and candles of the moment of the backup', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 250));
  await rig.settle();
  // Published and not yet stored: candles in the backup must not be ahead of its ticks.
  await rig.live(trades(251, 50, { timeMicros: START + 250_000_000 }));
  await rig.publish();
  const made = await backedUp(rig);
  const [ticks, candles] = [await allTicks(rig), await allCandles(rig)];
  await rig.live(trades(301, 50, { timeMicros: START + 300_000_000 }));
  await rig.settle();
  await rig[Symbol.asyncDispose]();

  const dataDir = await temporaryFolder();
  const report = await restored(dataDir, made.folder, rig.clock);
  expect(report.journal).toMatchObject({ frames: 0, missing: [] });
  expect(report.setAside).toBeUndefined();
  await using again = await Rig.open({ dataDir, clock: rig.clock });
  await again.settle();
  expect(await allTicks(again)).toEqual(ticks);
  expect(await allCandles(again)).toEqual(candles);
  expect(await differences(again)).toBe(0);
  expect(again.core.journal.nextOffset).toBeGreaterThanOrEqual(made.offset ?? Infinity);
  // Offsets go on behind the backup: new frames are taken, and the old ones known.
  await again.live(trades(290, 40, { timeMicros: START + 289_000_000 }));
  await again.settle();
  expect(await allTicks(again)).toHaveLength(329);
  expect(await differences(again)).toBe(0);
});

test('sealed parts and finished days are in a backup, and a second one sums and copies them no more', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 300));
  await rig.settle();
  await rig.core.tickFile.seal();
  await rig.core.candleFiles.finishDay('BINANCE', '2024-08-08');
  await rig.live(trades(301, 50, { timeMicros: START + 300_000_000 }));
  const first = await backedUp(rig);
  await rig.live(trades(351, 50, { timeMicros: START + 350_000_000 }));
  const second = await backedUp(rig);
  expect([first.ticks, second.ticks]).toEqual([350, 400]);
  await rig[Symbol.asyncDispose]();
  await rm(join(rig.dataDir, 'ticks'), { recursive: true });
  await rm(first.folder, { recursive: true });

  await restored(rig.dataDir, second.folder, rig.clock);
  await using again = await Rig.open({ dataDir: rig.dataDir, clock: rig.clock });
  await again.settle();
  expect(await allTicks(again)).toHaveLength(400);
  expect(await differences(again)).toBe(0);
});

test('a sealing that was interrupted is in a backup with the ticks that are nowhere else', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 100));
  await rig.settle();
  const stop = (step: string): void => {
    if (step === 'created') throw new Error('interrupted');
  };
  await expect(rig.core.tickFile.seal({ onStep: stop })).rejects.toThrow('interrupted');
  await rig.live(trades(101, 50, { timeMicros: START + 100_000_000 }));
  const made = await backedUp(rig);
  expect(made.ticks).toBe(150);
  await rig[Symbol.asyncDispose]();
  const dataDir = await temporaryFolder();
  await restored(dataDir, made.folder, rig.clock);
  await using again = await Rig.open({ dataDir, clock: rig.clock });
  await again.settle();
  expect(await allTicks(again)).toHaveLength(150);
  expect(await differences(again)).toBe(0);
});

test('ranges that are neither in the backup nor in the journal are told', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 50));
  await rig.settle();
  const made = await backedUp(rig);
  const offset = made.offset ?? 0;
  await rig[Symbol.asyncDispose]();
  // A journal that begins later, as one does whose older files went with their retention.
  await rm(join(rig.dataDir, 'journal'), { recursive: true });
  const later = await temporaryFolder();
  await mkdir(join(later, 'live'), { recursive: true });
  const from = await Rig.open({ dataDir: later, clock: rig.clock });
  for (let at = 0; at < 40; at += 1) await from.live(trades(1_000 + at * 10, 10));
  await from.settle();
  await from[Symbol.asyncDispose]();
  const names = await readdir(join(later, 'journal'));
  await mkdir(join(rig.dataDir, 'journal'));
  for (const name of names) {
    const moved = name.replace(/^\d{20}/, String(offset + 40).padStart(20, '0'));
    await cp(join(later, 'journal', name), join(rig.dataDir, 'journal', moved));
  }
  const report = await restored(rig.dataDir, made.folder, rig.clock);
  expect(report.journal?.missing[0]).toMatchObject({ firstOffset: offset });
  expect(report.journal?.isSame).toBe(true);
});

test('the journal of another history is refused, and nothing is changed', async () => {
  const rig = await Rig.open();
  await rig.live(trades(1, 50));
  const made = await backedUp(rig);
  await rig[Symbol.asyncDispose]();
  const other = await Rig.open({ clock: rig.clock });
  for (let at = 0; at < 10; at += 1) await other.live(trades(5_000 + at * 20, 20));
  await other.settle();
  await other[Symbol.asyncDispose]();
  const before = await readFile(join(other.dataDir, 'live', 'ticks_today.duckdb'));
  await expect(restored(other.dataDir, made.folder, rig.clock)).rejects.toThrow(/not the one that goes on/);
  expect(before.equals(await readFile(join(other.dataDir, 'live', 'ticks_today.duckdb')))).toBe(true);
  expect(await readdir(other.dataDir)).not.toContain('quarantine');
});

test('a backup that is stopped leaves nothing and is no failure', async () => {
  await using rig = await Rig.open();
  const backups = backupsOf(rig);
  const signal = AbortSignal.abort(new Error('stopped'));
  await expect(whileTimePasses(rig.clock, backups.make('asked for', signal))).rejects.toThrow('stopped');
  expect(await readdir(backups.directory)).toEqual([]);
  expect(backups.health).toMatchObject({ failures: 0, state: 'idle' });
});

test('a command that fails is counted and told, and the backup is there', async () => {
  await using rig = await Rig.open();
  const backups = backupsOf(rig, { command: [process.execPath, '-e', 'process.exit(3)'] });
  const made = await whileTimePasses(rig.clock, backups.make('asked for'));
  expect(backups.health).toMatchObject({ made: 1, failures: 0, commandFailures: 1, lastName: made.name });
  expect(backups.health.lastError).toContain('exit code 3');
  expect(await backups.list()).toHaveLength(1);
});
