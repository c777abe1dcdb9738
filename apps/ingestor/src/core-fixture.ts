// What the ingestor's tests share: a core over real files in a temporary folder, trades as Binance words them, crashes,
// and candles told as plainly as they can be. Not exported by the package.
import { cp, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { instrumentKey } from '@tickwright/market';
import type { ControlEvent, Instrument } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
import type { Venue } from '@tickwright/venues';
import { openCore } from './core.ts';
import type { Core } from './core.ts';
import { JournalSink } from './intake/journal-sink.ts';

export const MINUTE = 60_000_000;
export const HOUR = 60 * MINUTE;
/** 2024-08-08T10:00Z, microseconds. */
export const START = Date.UTC(2024, 7, 8, 10) * 1_000;
export const SYMBOLS = ['BTCUSDT', 'ETHUSDT', 'SOLUSDT'] as const;
export const KEYS = SYMBOLS.map((symbol) => `BINANCE|${symbol}`);

const binance = catalogue.venue('binance');
const folders: string[] = [];
const ignore = (): void => undefined;
export const quietLog: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };

export interface Trade {
  readonly symbol: string;
  readonly id: number;
  readonly price: string;
  readonly quantity: string;
  readonly timeMicros: number;
}

/** A trade of BTCUSDT at START that is like the one before it but for what is told. */
export function trade(told: Partial<Trade>): Trade {
  return { symbol: 'BTCUSDT', id: 1, price: '100.5', quantity: '0.1', timeMicros: START, ...told };
}

/** Trades one second apart with ids that follow one another, their prices going round. */
export function trades(first: number, count: number, told: Partial<Trade> = {}): Trade[] {
  const from = told.timeMicros ?? START;
  return Array.from({ length: count }, (_, at) =>
    trade({
      price: `${100 + ((first + at) % 7)}.25`,
      quantity: '0.10000001',
      ...told,
      id: first + at,
      timeMicros: from + at * 1_000_000,
    }),
  );
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'tickwright-ingestor-'));
  folders.push(folder);
  return folder;
}

/** For `afterEach`. */
export async function removeFolders(): Promise<void> {
  for (const folder of folders.splice(0)) await rm(folder, { recursive: true, force: true, maxRetries: 3 });
}

export interface RigOptions {
  readonly dataDir?: string;
  readonly clock?: ManualClock;
  readonly memoryHours?: number;
  readonly log?: Log;
  readonly whenTickFileAway?: 'throw' | 'open-later';
  /** Binance and its KEYS unless told. */
  readonly venue?: Venue;
  readonly keys?: readonly string[];
}

/** A core with its sink, its instruments registered, on a clock that moves only when told. */
export class Rig implements AsyncDisposable {
  readonly dataDir: string;
  readonly clock: ManualClock;
  readonly core: Core;
  readonly sink: JournalSink;
  readonly #options: RigOptions;

  private constructor(parts: { dataDir: string; clock: ManualClock; core: Core; options: RigOptions }) {
    this.dataDir = parts.dataDir;
    this.clock = parts.clock;
    this.core = parts.core;
    this.#options = parts.options;
    const { journal, pipeline } = parts.core;
    const { name: venue } = parts.options.venue ?? binance;
    this.sink = new JournalSink({ venue, journal, pipeline, clock: parts.clock, log: quietLog });
  }

  static async open(options: RigOptions = {}): Promise<Rig> {
    const dataDir = options.dataDir ?? (await temporaryFolder());
    const clock = options.clock ?? new ManualClock({ startMicros: START });
    const core = await openCore({
      dataDir,
      instance: 'test',
      version: '0.0.0',
      venues: [options.venue ?? binance],
      memoryHours: options.memoryHours ?? 2,
      journal: { fileBytes: 1 << 20, syncIntervalMs: 20 },
      clock,
      log: options.log ?? quietLog,
      whenTickFileAway: options.whenTickFileAway ?? 'throw',
    });
    core.register(instrumentsOf(options.keys ?? KEYS, options.venue));
    return new Rig({ dataDir, clock, core, options });
  }

  /** Messages of one turn, received now unless told otherwise; the event loop then has its turn. */
  async take(frames: readonly Trade[], receiveMicros = this.clock.nowMicros()): Promise<void> {
    for (const each of frames) this.sink.message('ws-1', receiveMicros, messageOf(each));
    await turn();
  }

  /** Messages received at the times of their trades. */
  async live(frames: readonly Trade[]): Promise<void> {
    for (const each of frames) this.sink.message('ws-1', each.timeMicros, messageOf(each));
    await turn();
  }

  control(event: ControlEvent): void {
    this.sink.control('ws-1', event);
  }

  /** The journal syncs by its clock, which stands: it is told to, then the ticks are flushed. */
  async flush(): Promise<boolean> {
    await this.core.journal.sync();
    return whileTimePasses(this.clock, this.core.flusher.flush());
  }

  async publish(): Promise<boolean> {
    await this.core.journal.sync();
    return whileTimePasses(this.clock, this.core.aggregator.cycle());
  }

  async settle(): Promise<boolean> {
    await this.core.journal.sync();
    return whileTimePasses(this.clock, this.core.settle());
  }

  /** The next run over the same files, after an orderly end. */
  async reopen(): Promise<Rig> {
    await this[Symbol.asyncDispose]();
    return Rig.open({ ...this.#options, dataDir: this.dataDir, clock: this.clock });
  }

  /**
   * The next run over the files as a killed process would leave them at this moment: nothing is flushed, no log is
   * merged into its file. To be called while no write is under way.
   */
  async crash(): Promise<Rig> {
    const image = await copyOf(this.dataDir);
    await this[Symbol.asyncDispose]();
    await rm(this.dataDir, { recursive: true, force: true });
    return Rig.open({ ...this.#options, dataDir: image, clock: this.clock });
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await whileTimePasses(this.clock, Promise.resolve(this.core[Symbol.asyncDispose]()));
  }
}

export function instrumentsOf(keys: readonly string[], venue: Venue = binance): Instrument[] {
  return keys.map((key) => venue.instrument(instrumentKey(key)));
}

/** Copies a folder in which the journal may just be renaming a file; then the copy is made once more. */
async function copyOf(folder: string, triesLeft = 5): Promise<string> {
  const image = await temporaryFolder();
  try {
    await cp(folder, image, { recursive: true });
    return image;
  } catch (error) {
    if (triesLeft === 0) throw error;
    return copyOf(folder, triesLeft - 1);
  }
}

/** A combined stream's message. */
export function messageOf({ symbol, id, price, quantity, timeMicros }: Trade): Buffer {
  const T = timeMicros / 1_000;
  const data = { e: 'trade', E: T, s: symbol, t: id, p: price, q: quantity, T, m: id % 2 === 0, M: true };
  return Buffer.from(JSON.stringify({ stream: `${symbol.toLowerCase()}@trade`, data }));
}

/** An answer of /historicalTrades. */
export function answerOf(symbol: string, rows: readonly Trade[]): Buffer {
  const body = rows.map(({ id, price, quantity, timeMicros }) => ({
    id,
    price,
    qty: quantity,
    time: timeMicros / 1_000,
    isBuyerMaker: id % 2 === 0,
    isBestMatch: true,
  }));
  return Buffer.from(`/api/v3/historicalTrades?symbol=${symbol}\n${JSON.stringify(body)}`);
}

export function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

/** The clock's time that passes ten times as fast as real time: enough for a sync and for all tries of a schedule. */
const FAST_MS = 3_000;
const STEP_MS = 20;

/**
 * Lets time pass until a promise is settled: for work that waits between its tries. At first ten times as fast as real
 * time, then as fast: a read that a busy machine holds up for a few seconds must not meet its deadline of 30.
 */
export async function whileTimePasses<T>(clock: ManualClock, work: Promise<T>): Promise<T> {
  const state = { isDone: false };
  const ended = work.finally(() => {
    state.isDone = true;
  });
  ended.catch(ignore);
  await turn();
  for (let passedMs = 0; !state.isDone; passedMs += STEP_MS) {
    await clock.advance(STEP_MS);
    const realMs = passedMs < FAST_MS ? STEP_MS / 10 : STEP_MS;
    await new Promise((resolve) => setTimeout(resolve, realMs));
  }
  return ended;
}
