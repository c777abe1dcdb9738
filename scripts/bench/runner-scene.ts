import { join } from 'node:path';
import { HOUR_MICROS, InstrumentTable, instrumentKey, splitKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { openCandleFiles } from '@tickwright/store';
import { hourOf, quiet } from './candle-files.ts';
import { Child } from './children.ts';
import type { Flags, Message } from './children.ts';
import { Ingestor, startSimulation } from './ingestor-process.ts';
import { temporaryFolder } from './temporary-folder.ts';

export const INSTRUMENTS = 200;
/** Trades a second of all of them together. */
const RATE = 2_000;

/** A simulated venue and the ingestor beside it, with candles of the hours before; runners are started on it in turn. */
export class RunnerScene implements AsyncDisposable {
  readonly dataDir: string;
  readonly instruments: readonly string[];
  readonly #stack: AsyncDisposable[];

  private constructor(parts: { dataDir: string; flags: Flags; stack: AsyncDisposable[] }) {
    this.dataDir = parts.dataDir;
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
      const scene = new RunnerScene({ dataDir, flags, stack });
      await scene.#writeHistory(options.historyHours);
      const settings = ['ingestor.recovery.warmUpHours=0', ...(options.settings ?? [])];
      stack.push(await Ingestor.start(flags, settings));
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
    const instruments = this.instruments.join(',');
    const flags = { 'data-dir': this.dataDir, instruments, set, 'log-level': 'warn' };
    const child = Child.command('run', flags);
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

  /**
   * Candles of the hours before this one, as an ingestor has published them. Written by its own library: a venue gives
   * them at its own pace, which is not what is measured.
   */
  async #writeHistory(hours: number): Promise<void> {
    const table = new InstrumentTable();
    for (const key of this.instruments.map((each) => instrumentKey(each)))
      table.add({
        key,
        ...splitKey(key),
        venueSymbol: splitKey(key).id,
        priceDecimals: 2,
        quantityDecimals: 3,
        calendar: 'always',
      });
    const { dataDir } = this;
    await using files = await openCandleFiles({
      dataDir,
      instruments: table,
      log: quiet,
      clock: systemClock,
    });
    const now = Math.floor(systemClock.nowMicros() / HOUR_MICROS) * HOUR_MICROS;
    for (let hour = now - hours * HOUR_MICROS; hour < now; hour += HOUR_MICROS)
      await files.publishHour('SIM', hour, hourOf(hour, table.size));
  }
}

/** A JSON answer of a runner. */
export async function answerOf<T>(address: string, path: string): Promise<T> {
  const response = await fetch(address + path);
  if (!response.ok) throw new Error(`${path} answered ${response.status}`);
  return (await response.json()) as T;
}
