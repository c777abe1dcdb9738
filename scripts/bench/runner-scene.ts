import { join } from 'node:path';
import { calendars } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleQuery } from '@tickwright/store';
import { quiet } from './candle-files.ts';
import { Child } from './children.ts';
import type { Flags, Message } from './children.ts';
import { Ingestor, startSimulation } from './ingestor-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const INSTRUMENTS = 200;
/** Trades a second of all of them together. */
const RATE = 2_000;
/** History of so many instruments is fetched over REST at the venue's pace. */
const HISTORY_LIMIT_MS = 600_000;

/** A simulated venue and the ingestor beside it, with candles of the hours before; runners are started on it in turn. */
export class RunnerScene implements AsyncDisposable {
  readonly dataDir: string;
  readonly instruments: readonly string[];
  readonly #flags: Flags;
  readonly #stack: AsyncDisposable[];

  private constructor(parts: { dataDir: string; flags: Flags; stack: AsyncDisposable[] }) {
    this.dataDir = parts.dataDir;
    this.#flags = parts.flags;
    this.#stack = parts.stack;
    this.instruments = String(parts.flags['instruments']).split(',');
  }

  static async open(options: { historyHours: number; settings?: readonly string[] }): Promise<RunnerScene> {
    const stack: AsyncDisposable[] = [];
    try {
      const folder = await temporaryFolder('runner');
      stack.push(folder);
      const simulation = await startSimulation({ instruments: INSTRUMENTS, rate: RATE });
      stack.push(simulation.child);
      const dataDir = join(folder.path, 'data');
      const flags = { ...simulation.flags, 'data-dir': dataDir };
      const settings = [`ingestor.recovery.warmUpHours=${options.historyHours}`, ...(options.settings ?? [])];
      stack.push(await Ingestor.start(flags, settings));
      const scene = new RunnerScene({ dataDir, flags, stack });
      await scene.#untilHistory(options.historyHours);
      return scene;
    } catch (error) {
      for (const part of stack.toReversed()) await part[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** A runner as its users start it; settings are configuration values. */
  async run(settings: readonly string[]): Promise<{ child: Child; address: string; startedMs: number }> {
    const startedMs = performance.now();
    const set = ['runner.http.port=0', ...settings];
    const child = Child.command('run', { ...this.#flags, set, 'log-level': 'warn' });
    const up = await child.receive<Message & { addresses: { runner: string } }>('up');
    return { child, address: up.addresses.runner, startedMs };
  }

  /** Ends the ingestor and the venue, in order; the data stays until the scene is disposed of. */
  async stop(): Promise<void> {
    const [folder, ...processes] = this.#stack.splice(0);
    for (const part of processes.toReversed()) await part[Symbol.asyncDispose]();
    if (folder !== undefined) this.#stack.push(folder);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    for (const part of this.#stack.splice(0).toReversed()) await part[Symbol.asyncDispose]();
  }

  async #untilHistory(hours: number): Promise<void> {
    const endMs = performance.now() + HISTORY_LIMIT_MS;
    for (;;) {
      const found = await this.#instrumentsWith(Math.floor(hours));
      if (found === this.instruments.length) return;
      if (performance.now() > endMs)
        throw new Error(`only ${found} of ${this.instruments.length} instruments have their history`);
      await systemClock.sleep(2_000);
    }
  }

  async #instrumentsWith(hours: number): Promise<number> {
    await using query = await openCandleQuery({
      dataDir: this.dataDir,
      log: quiet,
      clock: systemClock,
      calendars,
    });
    try {
      const count = hours + 2;
      const { candles } = await query.latestCandles({ instruments: this.instruments, interval: '1h', count });
      const counts = new Map<string, number>();
      for (const { instrument } of candles) counts.set(instrument, (counts.get(instrument) ?? 0) + 1);
      return [...counts.values()].filter((each) => each > hours).length;
    } catch {
      // Before the first publication there is nothing to ask.
      return 0;
    }
  }
}

/** A JSON answer of a runner. */
export async function answerOf<T>(address: string, path: string): Promise<T> {
  const response = await fetch(address + path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}
