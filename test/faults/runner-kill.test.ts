import { readFileSync } from 'node:fs';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { Ledger, ledgerPath } from '@tickwright/ledger';
import { calendars } from '@tickwright/market';
import { openCandleQuery } from '@tickwright/store';
import type { EngineEvent } from '@tickwright/trading';
import { expect } from 'vitest';
import { eventually } from '../system/harness.ts';
import type { Process } from '../system/harness.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';
import { randomOf } from './rounds/rounds.ts';
import { LIMIT_MS, RunnerScene } from './scene/runner-scene.ts';

const KILLS_A_ROUND = 4;
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

interface Seen {
  readonly run: string;
  readonly instrument: string;
  readonly phase: string;
  readonly state: string;
  readonly open: number;
}

async function kill(each: Process): Promise<void> {
  each.kill('SIGKILL');
  await each.ended;
}

/** Kills one of them, or both, at a random moment, and starts them again; four times. */
async function round({ seed }: { seed: number }): Promise<Figures> {
  const random = randomOf(seed);
  const scene = await RunnerScene.open();
  let ingestor = scene.ingest();
  let runner = scene.run();
  await scene.moreSignals(runner, 1);
  for (let at = 0; at < KILLS_A_ROUND; at += 1) {
    await new Promise((go) => setTimeout(go, random() * 3_000));
    const whom = ['runner', 'ingestor', 'both'][(seed + at) % 3];
    if (whom !== 'runner') {
      await kill(ingestor);
      ingestor = scene.ingest();
    }
    if (whom !== 'ingestor') {
      await kill(runner);
      runner = scene.run();
    }
  }
  await scene.moreSignals(runner, 1);
  await scene.someFills(runner);
  await stopped(ingestor);
  // What a recovery has filled in the end is published now and told soon.
  await eventually(async () => ((await untold(scene, runner)) === 0 ? true : undefined), {
    limitMs: LIMIT_MS,
    what: () => `every published candle at the runner:\n${runner.stderr}`,
  });
  expect(await scene.ask('/api/v1/pnl')).toMatchObject({ matches: true });
  await stopped(runner);
  const replayed = await scene.replayed();
  expect(replayed.stdout, replayed.stderr).toContain('identical to the live run');
  return { kills: KILLS_A_ROUND, ...(await judged(scene)) };
}

async function stopped(each: Process): Promise<void> {
  each.kill('SIGTERM');
  const { code, stderr } = await each.ended;
  expect(code, stderr).toBe(0);
}

/** How many published candles, between the first that the running runner was told and the last, it was not told. */
async function untold(scene: RunnerScene, runner: Process): Promise<number> {
  expect(runner.child.exitCode, runner.stderr).toBeNull();
  const events = (await scene.ask<EngineEvent[]>(`/api/v1/consumed?from=1&to=${1e9}`)) ?? [];
  const candles = events.filter((event) => event.type === 'candle');
  if (candles.length === 0) return Infinity;
  let count = 0;
  for (const instrument of new Set(candles.map((event) => event.instrument))) {
    const own = candles.filter((event) => event.instrument === instrument && event.interval === '1m');
    const told = own.map(({ candle }) => candle.openMicros);
    const known = new Set([...told, ...historyOf(events, instrument)]);
    count += (await published(scene, instrument, told)).filter((open) => !known.has(open)).length;
  }
  return count;
}

/** What a strategy was warmed up with: candles that were filled while the runner was down are among it. */
function historyOf(events: readonly EngineEvent[], instrument: string): number[] {
  return events.flatMap((event) =>
    event.type === 'history' && event.instrument === instrument
      ? event.candles.map(({ openMicros }) => openMicros)
      : [],
  );
}

/** Opening times of the closed candles in the files, from the first told one to the last. */
async function published(scene: RunnerScene, instrument: string, told: readonly number[]): Promise<number[]> {
  const { dataDir } = scene;
  await using query = await openCandleQuery({ dataDir, log, clock: systemClock, calendars });
  const [from, to] = [Math.min(...told), Math.max(...told) + 60_000_000];
  const { candles } = await query.getCandles({
    instrument,
    interval: '1m',
    from,
    to,
    includeForming: false,
  });
  return candles.map(({ openTime }) => openTime);
}

/** Every closed candle once in the ledger and in order, none missing; each run's strategies saw them in order, once. */
async function judged(scene: RunnerScene): Promise<Figures> {
  await using ledger = await Ledger.open({
    path: ledgerPath(scene.dataDir),
    limits: { eventDays: 30, bookDays: 30, maxBytes: 1e9 },
    log,
    clock: systemClock,
  });
  const rows = await ledger.database.read(
    `SELECT instrument, open_micros AS open, count(*) AS count, min(seq) AS seq FROM events
     WHERE type = 'candle' AND phase IN ('live', 'missed') AND candle_state = 'closed' AND "interval" = '1m'
     GROUP BY 1, 2 ORDER BY 1, 4`,
  );
  expect(rows.filter(({ count }) => count !== 1)).toEqual([]);
  const events: EngineEvent[] = [];
  for await (const some of ledger.queries.events(1, ledger.lastSeq)) events.push(...some);
  let candles = 0;
  for (const instrument of new Set(rows.map((row) => String(row['instrument'])))) {
    const told = rows.filter((row) => row['instrument'] === instrument).map(({ open }) => Number(open));
    expect(told, instrument).toEqual(told.toSorted((a, b) => a - b));
    const late = await ledger.database.read(
      `SELECT DISTINCT open_micros AS open FROM events WHERE type = 'candle' AND instrument = ? AND candle_state = 'revised'`,
      [instrument],
    );
    const revised = late.map(({ open }) => Number(open));
    const known = new Set([...told, ...revised, ...historyOf(events, instrument)]);
    const inFiles = await published(scene, instrument, told);
    expect(
      inFiles.filter((open) => !known.has(open)),
      instrument,
    ).toEqual([]);
    candles += told.length;
  }
  const [fills] = await ledger.database.read(
    'SELECT count(*) AS count, count(DISTINCT id) AS ids FROM fills',
  );
  expect(fills?.['count']).toBe(fills?.['ids']);
  const [signals] = await ledger.database.read(
    'SELECT count(*) AS count, count(DISTINCT (strategy, instrument, candle_open_micros)) AS once FROM signals',
  );
  expect(signals?.['count']).toBe(signals?.['once']);
  checkRecord(scene.record);
  return {
    candles,
    signals: Number(signals?.['count']),
    fills: Number(fills?.['count']),
    'filled twice': 0,
    'candles missing or double': 0,
  };
}

/** What the strategies saw: within one life of one, each candle closes once, in order. */
function checkRecord(path: string): void {
  const lives = new Map<string, Seen[]>();
  for (const line of readFileSync(path, 'utf8').split('\n').slice(0, -1)) {
    const seen = JSON.parse(line) as Seen;
    const key = `${seen.run} ${seen.instrument}`;
    lives.set(key, [...(lives.get(key) ?? []), seen]);
  }
  expect(lives.size).toBeGreaterThan(0);
  for (const [life, seen] of lives) {
    const closed = seen
      .filter(({ state, phase }) => state === 'closed' && phase !== 'history')
      .map(({ open }) => open);
    expect(closed, life).toEqual([...new Set(closed)].toSorted((a, b) => a - b));
  }
}

faultTest({
  name: 'runner-kill',
  title:
    'an ingestor, a runner or both killed (kill -9) in turns: no candle is missing or double, nothing is signalled or filled twice, and the replay gives the same',
  usual: 1,
  long: 13,
  roundLimitMs: 600_000,
  round,
});
