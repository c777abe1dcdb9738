import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { openDatabase } from '@tickwright/database';
import { NO_ADDED_DAYS, addCalendarDays } from '@tickwright/market';
import { ManualClock, Supervisor, createMetrics } from '@tickwright/runtime';
import { afterEach, expect, test, vi } from 'vitest';
import { HOUR, Rig, instrumentsOf, quietLog, removeFolders, trades } from '../core-fixture.ts';
import { registerMetrics } from './ingestor-metrics.ts';
import { MIB, watchedDisk } from '../disk/disk-watch-fixture.ts';
import type { WatchedDisk } from '../disk/disk-watch-fixture.ts';
import { Jobs } from '../jobs/jobs.ts';
import { ingestorBackups } from '../backups.ts';
import type { Backups } from '@tickwright/upkeep';
import { IngestorState } from './ingestor-state.ts';

afterEach(async () => {
  addCalendarDays({ nse: NO_ADDED_DAYS });
  await removeFolders();
});

function diskOf({ core, clock }: Rig): WatchedDisk {
  return watchedDisk({ journal: core.journal, streams: [], clock });
}

async function stateOf(rig: Rig, disk = diskOf(rig)): Promise<IngestorState> {
  const state = new IngestorState({ clock: rig.clock, instance: 'test', version: '0.0.0' });
  await attach(state, rig, disk);
  return state;
}

async function attach(state: IngestorState, rig: Rig, disk = diskOf(rig)): Promise<void> {
  const { core, clock } = rig;
  state.attach({
    core,
    streams: [],
    disk: disk.watch,
    retention: { uses: [] },
    supervisor: new Supervisor({ clock, log: quietLog, services: [] }),
    backups: backupsOf(rig),
    jobs: await Jobs.open({ database: core.stateDatabase, clock, log: quietLog }),
  });
}

function backupsOf({ core, dataDir, clock }: Rig): Backups {
  const { backups } = configSchema.parse({});
  return ingestorBackups({
    core,
    config: { dataDir, backups },
    instance: 'test',
    version: '0.0.0',
    clock,
    log: quietLog,
  });
}

test('the verdict tells the phase, and before it runs nothing is blamed on a part', async () => {
  await using rig = await Rig.open();
  const state = new IngestorState({ clock: rig.clock, instance: 'test', version: '0.0.0' });
  expect(state.health()).toMatchObject({ ok: true, phase: 'starting', reasons: [] });
  expect(state.readiness()).toEqual({ ready: false, reasons: ['the ingestor is starting'] });
  await attach(state, rig);
  expect(state.health()).toMatchObject({ ok: true, phase: 'running' });
  expect(state.readiness()).toEqual({ ready: true, reasons: [] });
  state.stopping();
  expect(state.health().phase).toBe('stopping');
  expect(state.readiness().ready).toBe(false);
  expect(state.running).toBeUndefined();
});

test('ages grow with the clock, and the verdict turns when one is too old and back when the work is done', async () => {
  await using rig = await Rig.open();
  const state = await stateOf(rig);
  await rig.take(trades(1, 5));
  await rig.settle();
  const { lastFlush, lastPublish } = state.health().ages;
  await rig.clock.advance(29_000 - Math.max(lastFlush ?? NaN, lastPublish ?? NaN));
  expect(state.health().ok).toBe(true);
  expect(Math.max(state.health().ages.lastFlush ?? NaN, state.health().ages.lastPublish ?? NaN)).toBe(29_000);
  await rig.clock.advance(2_000);
  expect(state.health()).toMatchObject({ ok: false, reasons: ['no flush lately'] });
  // However much of the clock's time the settling took between the flush and the publication.
  await rig.clock.advance(60_000);
  expect(state.health().reasons).toEqual(['no flush lately', 'no candles published lately']);
  expect(state.readiness().ready).toBe(false);
  await rig.settle();
  expect(state.health()).toMatchObject({ ok: true, reasons: [] });
  state.stopping();
});

test('a clock that steps back an hour does not hide that nothing is stored', async () => {
  await using rig = await Rig.open();
  const state = await stateOf(rig);
  await rig.take(trades(1, 5));
  await rig.settle();
  await rig.clock.advance(20_000);
  const { ages } = state.health();
  rig.clock.set(rig.clock.nowMicros() - HOUR);
  expect(state.health().ages).toEqual(ages);
  await rig.clock.advance(50_000);
  expect(state.health().reasons).toEqual(['no flush lately', 'no candles published lately']);
  rig.clock.set(rig.clock.nowMicros() + 2 * HOUR);
  await rig.settle();
  expect(state.health()).toMatchObject({ ok: true, reasons: [] });
  state.stopping();
});

test('work that was never done since the start grows old as well', async () => {
  await using rig = await Rig.open();
  const state = await stateOf(rig);
  expect(state.health()).toMatchObject({ ok: true, ages: { lastFlush: null, lastPublish: null } });
  await rig.clock.advance(61_000);
  expect(state.health().reasons).toEqual(['no flush lately', 'no candles published lately']);
  state.stopping();
});

test('journal-only mode is a reason at once', async () => {
  await using rig = await Rig.open();
  const state = await stateOf(rig);
  await rig.take(trades(1, 5));
  await rig.settle();
  rig.core.flusher.health.state = 'journal-only';
  expect(state.health().reasons).toEqual(['the tick file takes no ticks: journal only']);
  rig.core.flusher.health.state = 'ok';
  state.stopping();
});

test('a write-ahead log over its limit is a reason until its checkpoint went through', async () => {
  await using rig = await Rig.open();
  const state = await stateOf(rig);
  const path = join(rig.dataDir, 'other.duckdb');
  await using database = await openDatabase({
    path,
    log: quietLog,
    owner: 'some file',
    walLimitBytes: 1_000,
  });
  await database.write((tx) => tx.run('CREATE TABLE t AS SELECT range AS a FROM range(100000)'));
  let release = (): void => undefined;
  const held = new Promise<void>((resolve) => {
    release = resolve;
  });
  const next = database.write(() => held);
  const reason = /^some file: its write-ahead log has \d+ MB, more than 0; checkpoints do not go through$/;
  await vi.waitFor(() => expect(state.health().reasons).toEqual([expect.stringMatching(reason)]));
  const metrics = createMetrics();
  registerMetrics(metrics, state);
  expect(await metrics.text()).toMatch(/tickwright_database_wal_over_limit\{database="some file"\} 1/);
  release();
  await next;
  await vi.waitFor(() => expect(state.health()).toMatchObject({ ok: true, reasons: [] }));
  state.stopping();
});

test('a disk below its reserve is a reason at once, and gone with it', async () => {
  await using rig = await Rig.open();
  const disk = diskOf(rig);
  const state = await stateOf(rig, disk);
  disk.freeBytes = 100 * MIB;
  await disk.watch.round();
  expect(state.readiness()).toEqual({
    ready: false,
    reasons: [expect.stringContaining('streams are paused')],
  });
  expect(state.health().ok).toBe(false);
  disk.freeBytes = 50_000 * MIB;
  await disk.watch.round();
  expect(state.readiness()).toEqual({ ready: true, reasons: [] });
});

test('a calendar that does not know this year is a reason until the year is added; a metric tells the days before', async () => {
  const clock = new ManualClock({ startMicros: Date.parse('2026-12-30T06:00:00Z') * 1_000 });
  await using rig = await Rig.open({ keys: [], clock });
  const [bitcoin] = instrumentsOf(['BINANCE|BTCUSDT']);
  rig.core.register([{ ...bitcoin, calendar: 'nse' }]);
  const state = await stateOf(rig);
  const metrics = createMetrics();
  registerMetrics(metrics, state);
  expect(await metrics.text()).toContain('tickwright_calendar_days_known{calendar="nse"} 1');
  expect(state.readiness().ready).toBe(true);
  clock.set(clock.nowMicros() + 48 * HOUR);
  expect(await metrics.text()).toContain('tickwright_calendar_days_known{calendar="nse"} -1');
  expect(state.readiness()).toEqual({
    ready: false,
    reasons: [
      'nse knows no sessions after 2026: ticks are kept and make no candles; list the closures of 2027 under calendars.nse.years, or install a release that has them',
    ],
  });
  // What is stored is stored: that the process is well is another question.
  expect(state.health().ok).toBe(true);
  addCalendarDays({ nse: { years: [{ year: 2027, closures: ['2027-01-26'] }], days: [] } });
  expect(state.readiness()).toEqual({ ready: true, reasons: [] });
  state.stopping();
});
