import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Process, eventually, freePort, temporaryFolder, tickwright } from '../../system/harness.ts';
import type { FastTime } from '../../soak/fast-clock.ts';

/** Minutes of the market pass so much faster than ours: a test cannot wait for many real ones. */
const SPEED = 25;
const CHILD = fileURLToPath(new URL('../processes/runner-child.ts', import.meta.url));
/** Some day at noon, so that no day ends meanwhile. */
const START_MICROS = Date.UTC(2026, 0, 5, 12) * 1_000;

/** For anything that a loaded machine may delay. */
export const LIMIT_MS = 120_000;

/**
 * A strategy that votes at every closed candle, and appends all that it sees to a file. It remembers more than a round
 * lasts: candles that are filled behind a strategy's memory are not told to it, and no candle of a round may be missing.
 */
const RECORDER = `
import { appendFileSync } from 'node:fs';
const file = process.env.RUNNER_RECORD;
export const recorder = {
  name: 'recorder', description: 'records', interval: '1m',
  parameters: { safeParse: (value) => ({ success: true, data: value }) },
  warmUp: () => 2,
  memory: () => 600,
  create(_parameters, { instrument, interval }) {
    const run = process.pid + '-' + Math.random();
    let count = 0;
    return {
      onCandle(candle, view) {
        appendFileSync(file, JSON.stringify({ run, instrument, interval, phase: view.phase, state: candle.state, open: candle.openMicros, version: candle.version }) + '\\n');
        if (candle.state !== 'closed') return undefined;
        count += 1;
        return { direction: (candle.openMicros / 60e6) % 2 === 0 ? 'long' : 'flat', confidence: 1, reason: 'by the minute' };
      },
    };
  },
};
`;

/** A venue, an ingestor and a runner on one data directory, each to be killed and started again. */
export class RunnerScene {
  readonly dataDir: string;
  readonly record: string;
  readonly url: string;
  readonly #settings: readonly string[];
  readonly #strategies: string;
  readonly #flags: readonly string[];
  readonly #time: FastTime = { startMicros: START_MICROS, originMs: Date.now(), speed: SPEED };

  private constructor(folder: string, ports: readonly number[]) {
    this.dataDir = join(folder, 'data');
    this.record = join(folder, 'record.jsonl');
    const file = join(folder, 'recorder.mjs');
    writeFileSync(file, RECORDER);
    writeFileSync(this.record, '');
    const [venue, ingestor, runner] = ports;
    this.url = `http://127.0.0.1:${runner}`;
    this.#strategies = JSON.stringify([{ use: file, interval: '1m' }]);
    const set = [
      'simulator.seed=7',
      'sources=[{"venue":"simulated","instruments":["SIM|ALPHA","SIM|BRAVO"]}]',
      `simulator.port=${venue}`,
      `ingestor.http.port=${ingestor}`,
      `runner.http.port=${runner}`,
      `runner.strategies=${this.#strategies}`,
    ];
    this.#flags = [`dataDir=${JSON.stringify(this.dataDir)}`, ...set];
    this.#settings = ['--data-dir', this.dataDir, ...set.flatMap((each) => ['--set', each])];
  }

  static async open(): Promise<RunnerScene> {
    const scene = new RunnerScene(temporaryFolder(), [await freePort(), await freePort(), await freePort()]);
    await scene.#start('simulate').until(/^up$/m, LIMIT_MS);
    return scene;
  }

  ingest(): Process {
    return this.#start('ingest');
  }

  run(): Process {
    return this.#start('run');
  }

  #start(role: string): Process {
    const settings = JSON.stringify({ time: this.#time, flags: this.#flags });
    const script = ['--import', 'tsx', CHILD];
    return new Process([role, settings], { RUNNER_RECORD: this.record }, { script });
  }

  /** A JSON answer of the runner; undefined while none comes. */
  async ask<T>(path: string): Promise<T | undefined> {
    try {
      const answer = await fetch(`${this.url}${path}`, { signal: AbortSignal.timeout(5_000) });
      return answer.ok ? ((await answer.json()) as T) : undefined;
    } catch {
      return undefined;
    }
  }

  /** Waits until the runner stores so many more signals than there are. */
  async moreSignals(runner: Process, count: number): Promise<void> {
    const known = async (): Promise<number | undefined> =>
      (await this.ask<unknown[]>('/api/v1/signals?limit=10000'))?.length;
    const before = await eventually(known, {
      limitMs: LIMIT_MS,
      what: () => `the runner:\n${runner.stderr}`,
    });
    await eventually(async () => (((await known()) ?? 0) >= before + count ? true : undefined), {
      limitMs: LIMIT_MS,
      what: () => `${count} more signals of the runner:\n${runner.stderr}`,
    });
  }

  /** Waits until an order was filled. */
  async someFills(runner: Process): Promise<void> {
    await eventually(
      async () =>
        ((await this.ask<unknown[]>('/api/v1/fills?limit=1'))?.length ?? 0) > 0 ? true : undefined,
      { limitMs: LIMIT_MS, what: () => `a fill of the runner:\n${runner.stderr}` },
    );
  }

  async replayed(): Promise<{ code: number | null; stdout: string; stderr: string }> {
    const scratch = join(this.dataDir, '..', 'replayed.jsonl');
    writeFileSync(scratch, '');
    const done = await tickwright(['run', '--mode', 'replay', ...this.#settings], { RUNNER_RECORD: scratch });
    rmSync(scratch);
    return done;
  }
}
