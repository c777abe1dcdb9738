import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { systemClock } from '@tickwright/runtime';
import { listParts, tickPaths } from '@tickwright/store';
import { VenueUnreachableError } from '@tickwright/venues';
import type { CandlesRequest, VenueCandle } from '@tickwright/venues';
import { afterEach, expect, test } from 'vitest';
import { HOUR, KEYS, MINUTE, Rig, START, quietLog, removeFolders, trades } from '../core-fixture.ts';
import { retentionOf } from '../day-work-fixture.ts';
import { DayWork } from '../day-work.ts';
import { Jobs } from '../jobs/jobs.ts';
import { kline, klinesOf } from '../venue-candles-fixture.ts';
import { idsOf, storedIds } from '../candles/plain-candles-fixture.ts';
import { dayReportRoutes } from './day-reports.ts';
import { EndOfDay } from './end-of-day.ts';
import { runIdOf } from './day-run.ts';

afterEach(removeFolders);
const [BTC = ''] = KEYS;
const DAY = { calendar: 'always', date: '2024-08-08' };
const NEXT_DAY = START + 14 * HOUR + 6 * MINUTE;
const taken = trades(1, 200);

/** A day of four minutes that is over, with a venue that tells its candles; the second of them otherwise than we do. */
class Scene implements AsyncDisposable {
  readonly asked: string[] = [];
  readonly backups = {
    made: [] as string[],
    health: { lastMicros: 0, lastName: undefined as string | undefined },
  };
  isAway = false;
  private constructor(
    readonly rig: Rig,
    readonly jobs: Jobs,
  ) {}

  static async open(rig: Rig): Promise<Scene> {
    // The queue keeps real time: its workers wait by it.
    const jobs = await Jobs.open({ database: rig.core.stateDatabase, clock: systemClock, log: quietLog });
    return new Scene(rig, jobs);
  }

  static async withDay(): Promise<Scene> {
    const rig = await Rig.open();
    await rig.live(taken);
    await rig.settle();
    rig.clock.set(NEXT_DAY);
    return Scene.open(rig);
  }

  endOfDay(options: { makesBackups?: boolean } = {}): EndOfDay {
    const { rig, jobs } = this;
    const days = new DayWork({
      core: rig.core,
      retention: retentionOf(rig),
      clock: rig.clock,
      log: quietLog,
    });
    return new EndOfDay({
      core: rig.core,
      jobs,
      days,
      histories: { of: (key) => (key === BTC ? this.#history() : undefined) },
      backups: {
        health: this.backups.health as never,
        make: async (reason: string) => {
          const name = `${reason} ${this.backups.made.length}`;
          this.backups.made.push(name);
          Object.assign(this.backups.health, { lastMicros: rig.clock.nowMicros(), lastName: name });
          return { name } as never;
        },
      },
      makesBackups: options.makesBackups ?? true,
      clock: rig.clock,
      log: quietLog,
    });
  }

  /** Runs the workers until the run has ended; the core's own clock goes on meanwhile. */
  async ended(run: string): Promise<string> {
    const stop = new AbortController();
    const running = this.jobs.services().map((service) => service.run(stop.signal));
    const isOver = { now: false };
    const passing = (async () => {
      while (!isOver.now) {
        await this.rig.core.journal.sync();
        await this.rig.clock.advance(20);
        await new Promise((go) => setTimeout(go, 2));
      }
    })();
    const state = await this.jobs.queue.ended(run);
    isOver.now = true;
    await passing;
    stop.abort(new Error('over'));
    await Promise.all(running);
    return state;
  }

  states(run: string): Record<string, string> {
    return Object.fromEntries(this.jobs.queue.view.jobs({ run }).map(({ key, state }) => [key, state]));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.jobs[Symbol.asyncDispose]();
    await this.rig[Symbol.asyncDispose]();
  }

  #history() {
    const candles = async ({ instrument, fromMicros, toMicros }: CandlesRequest): Promise<VenueCandle[]> => {
      this.asked.push(`${instrument.key} ${(toMicros - fromMicros) / MINUTE}`);
      if (this.isAway) throw new VenueUnreachableError('away');
      const rows = [0, 1, 2, 3].map((minute) =>
        kline({ openTime: START + minute * MINUTE, ...(minute === 1 ? { close: '77', high: '99' } : {}) }),
      );
      this.rig.sink.answer('history', this.rig.clock.nowMicros(), klinesOf('BTCUSDT', rows));
      this.rig.core.pipeline.settle();
      return [];
    };
    return { venue: 'binance', hasTrades: true, refused: () => 0, history: { candles } as never };
  }
}

test('a day that is over is sealed, compared, compacted, backed up and pruned, once; nothing is lost by it', async () => {
  await using scene = await Scene.withDay();
  const { rig } = scene;
  const end = scene.endOfDay();
  const [run = ''] = await end.look('always');
  expect(run).toBe(runIdOf(DAY));
  expect(await scene.ended(run)).toBe('succeeded');
  const done = { seal: 'succeeded', compare: 'succeeded', compact: 'succeeded', prune: 'succeeded' };
  expect(scene.states(run)).toEqual({ ...done, 'back-up': 'succeeded' });
  expect(await listParts(tickPaths(rig.dataDir).parts)).toHaveLength(1);
  expect(scene.asked).toEqual([`${BTC} 4`]);
  expect(scene.backups.made).toEqual(['session closed 0']);
  const file = join(rig.dataDir, 'ingestor', 'end-of-day', 'always-2024-08-08.json');
  const report = JSON.parse(await readFile(file, 'utf8')) as { differences: number; listed: object[] };
  expect(report.listed).toContainEqual(
    expect.objectContaining({
      instrument: BTC,
      openTime: '2024-08-08T10:01:00.000Z',
      field: 'close',
      theirs: 77,
    }),
  );
  expect(report.differences).toBe(report.listed.length);
  // And so it is told over HTTP.
  const [days, day] = dayReportRoutes(() => rig.dataDir);
  const asked = (name: string, limit: number): Promise<unknown> =>
    Promise.resolve(day?.handler({ params: { report: name }, query: { limit } } as never));
  const name = 'always-2024-08-08.json';
  expect(await days?.handler({} as never)).toMatchObject({
    days: [{ report: name, date: '2024-08-08', differences: report.differences }],
  });
  expect(await asked(name, 10_000)).toMatchObject({ report: name, listed: report.listed });
  expect(await asked(name, 1)).toMatchObject({ listed: report.listed.slice(0, 1) });
  for (const wrong of ['../../config.json', 'always-2024-08-09.json', ''])
    await expect(asked(wrong, 1)).rejects.toMatchObject({ status: 404 });
  expect(await storedIds(rig.core)).toEqual(idsOf(taken));
  // Looked at again, nothing is due.
  expect(await end.look('always')).toEqual([]);
  expect(await end.look('nse')).toEqual([]);
});

test('every step done again does nothing again', async () => {
  await using scene = await Scene.withDay();
  const [run = ''] = await scene.endOfDay().look('always');
  await scene.ended(run);
  const { view } = scene.jobs.queue;
  const again = await scene.jobs.queue.enqueue({
    name: 'again',
    jobs: view.jobs({ run }).map(({ key, kind, input }) => ({ key, kind, input })),
  });
  expect(await scene.ended(again)).toBe('succeeded');
  expect(await listParts(tickPaths(scene.rig.dataDir).parts)).toHaveLength(1);
  expect(scene.asked).toHaveLength(1);
  expect(scene.backups.made).toHaveLength(1);
  expect(await storedIds(scene.rig.core)).toEqual(idsOf(taken));
});

test('a venue that is away holds up the comparison alone', async () => {
  await using scene = await Scene.withDay();
  scene.isAway = true;
  const [run = ''] = await scene.endOfDay().look('always');
  const stop = new AbortController();
  const ended = scene.ended(run);
  while (scene.states(run)['prune'] !== 'succeeded' || scene.asked.length < 2) {
    await scene.jobs.queue.changed(stop.signal);
  }
  expect(scene.states(run)).toMatchObject({ 'back-up': 'succeeded', compare: 'expanded' });
  scene.isAway = false;
  expect(await ended).toBe('succeeded');
});

test('a day of which nothing is stored has no end of day, and without backups none is made', async () => {
  await using scene = await Scene.open(await Rig.open());
  expect(await scene.endOfDay().look('always')).toEqual([]);
  await using other = await Scene.withDay();
  const [run = ''] = await other.endOfDay({ makesBackups: false }).look('always');
  expect(await other.ended(run)).toBe('succeeded');
  expect(other.backups.made).toEqual([]);
});
