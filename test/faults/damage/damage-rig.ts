// A small data directory as a crash leaves it, made of recorded trades by the ingestor itself, and what it must be
// after any damage: the same ticks and candles, or a loss that is stated, or a refusal with exit code 4.
import { spawnSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { loadConfig } from '@tickwright/config';
import type { Config } from '@tickwright/config';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { openOffline, repairStore, verifyCore, mismatches } from '@tickwright/ingestor';
import { replay } from '@tickwright/ingestor';
import { readRecording } from '@tickwright/journal';
import { instrumentKey } from '@tickwright/market';
import { TickwrightError, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { listPieces } from '@tickwright/store';
import { catalogue } from '@tickwright/venues';

const ignore = (): void => undefined;
const quiet: Log = { debug: ignore, info: ignore, warn: ignore, error: ignore };
const KEY = 'BINANCE|BTCUSDT';
export const signal = new AbortController().signal;

export async function options(dataDir: string): Promise<{
  config: Config;
  version: string;
  clock: typeof systemClock;
  log: Log;
}> {
  const flags = [`dataDir=${JSON.stringify(dataDir)}`, 'ingestor.memoryHours=1'];
  const { config } = await loadConfig({ flags, env: {} });
  return { config, version: '0.0.0', clock: systemClock, log: quiet };
}

/** Takes recordings in, one run each; the first is sealed, the last is left as a crash leaves it, in `image`. */
export async function makeImage(folder: string, recordings: string): Promise<string> {
  const dataDir = join(folder, 'made');
  const image = join(folder, 'image');
  const runs = recordedRuns(recordings);
  for (const [run, lines] of runs.entries()) {
    const file = join(folder, `run-${run}`);
    writeFileSync(file, `${lines.join('\n')}\n`);
    await using owned = await openOffline(await options(dataDir));
    const { core } = owned;
    await core.begin();
    const instruments = [catalogue.venue('binance').instrument(instrumentKey(KEY))];
    const blocks = readRecording(file, { venue: 'binance' });
    await replay({ core, instruments, blocks, speed: Infinity, clock: systemClock, signal });
    if (run === 0) {
      await core.tickFile.database.checkpoint();
      spawnSync('cp', [core.tickFile.database.path, join(folder, 'before-sealing.duckdb')]);
      await core.tickFile.seal();
    }
    await core.journal.compressed();
    // By another process: reading a database file in this one would drop its lock.
    if (run === runs.length - 1) spawnSync('cp', ['-r', dataDir, image]);
  }
  return image;
}

/** Some minutes of two days, far enough apart that candles are in several hours and few of them in memory. */
function recordedRuns(recordings: string): string[][] {
  const [first, second] = ['btcusdt_20240808.gz', 'btcusdt_20240809.gz'].map((name) =>
    gunzipSync(readFileSync(join(recordings, 'binance', name)))
      .toString()
      .split('\n')
      .filter((line) => line.includes('@trade"')),
  );
  return [
    (first ?? []).slice(0, 700),
    (first ?? []).slice(-500),
    (second ?? []).slice(0, 400),
    (second ?? []).slice(-300),
  ];
}

export interface Content {
  readonly ticks: readonly string[];
  readonly candles: readonly string[];
}

/** What is stored and published, after what a start does. */
export async function contentOf(dataDir: string): Promise<{ content: Content; mismatches: number }> {
  await using owned = await openOffline(await options(dataDir));
  const { core } = owned;
  await core.settle();
  const rows = await core.tickFile.withTicks({}, ({ database, relation }) =>
    database.read(
      `SELECT instrument, trade_id, event_time, receive_time, price, quantity, volume, side, kind FROM ${relation}
       ORDER BY instrument, trade_id, frame_offset`,
    ),
  );
  const report = await verifyCore(core, signal);
  return {
    content: {
      ticks: rows.map((row) => JSON.stringify(Object.values(row))),
      candles: await candlesIn(dataDir),
    },
    mismatches: mismatches(report),
  };
}

// One for all rounds: they have no file. The first does what any reader's engine does by itself.
let readers: Promise<[Database, Database]> | undefined;

async function openReaders(): Promise<[Database, Database]> {
  const [usual, believing] = [
    await openDatabase({ path: ':memory:', log: quiet }),
    await openDatabase({ path: ':memory:', log: quiet }),
  ];
  const skipped = 'statistics_propagation,compressed_materialization';
  await believing.write((tx) => tx.run(`SET GLOBAL disabled_optimizers = '${skipped}'`));
  return [usual, believing];
}

/** The rows of all files as they stand there, and what someone gets who asks for one instrument and a time. */
async function candlesIn(dataDir: string): Promise<string[]> {
  const pieces = await listPieces({ dataDir });
  if (pieces.length === 0) return [];
  const files = pieces.map(({ path }) => `'${path}'`).join(', ');
  const [usual, believing] = await (readers ??= openReaders());
  const columns =
    'instrument, open_time, open, high, low, close, volume, trade_count, is_closed, is_complete, source';
  const query = `SELECT ${columns} FROM read_parquet([${files}], hive_partitioning = false)`;
  const asked = `WHERE instrument = '${KEY}' AND open_time >= TIMESTAMP '2024-01-01'`;
  const rows = [
    ...(await believing.read(`${query} ORDER BY 1, 2`)),
    ...(await usual.read(`${query} ${asked} ORDER BY 1, 2`)),
  ];
  return rows.map((row) => JSON.stringify(Object.values(row)));
}

export type Outcome = 'recovered' | 'stated' | 'refused';

export interface Judged {
  readonly outcome: Outcome | 'SILENT';
  readonly told: string;
}

/** Mends a damaged copy, after a plain start where asked for, and judges what comes of it. */
export async function judge(dataDir: string, whole: Content, startsFirst: boolean): Promise<Judged> {
  try {
    if (startsFirst) await started(dataDir);
    const done = await repairStore({ ...(await options(dataDir)), signal });
    const remaining = done.after.findings.filter(({ severity }) => severity === 'error');
    const told = [
      ...done.actions.map(({ did }) => did),
      ...done.spans.map((span) => `lost ${JSON.stringify(span)}`),
    ];
    if (remaining.length > 0)
      return { outcome: 'refused', told: remaining.map(({ found }) => found).join('; ') };
    const { content, mismatches: differing } = await contentOf(dataDir);
    const isSame = JSON.stringify(content) === JSON.stringify(whole);
    if (isSame && differing === 0) return { outcome: 'recovered', told: told.join('; ') };
    const isStated = done.spans.length > 0 && differing === 0 && isWithin(content, whole);
    const difference = `${differing} mismatches, ${content.ticks.length} ticks, ${content.candles.length} candles, ${firstDifference(content, whole)}`;
    return { outcome: isStated ? 'stated' : 'SILENT', told: `${difference}; ${told.join('; ')}` };
  } catch (error) {
    if (error instanceof TickwrightError && error.exitCode === 4)
      return { outcome: 'refused', told: error.message };
    throw error;
  }
}

/** A start may refuse; that is for the repair then. */
async function started(dataDir: string): Promise<void> {
  try {
    await using owned = await openOffline(await options(dataDir));
    await owned.core.settle();
  } catch (error) {
    if (!(error instanceof TickwrightError) || error.exitCode !== 4) throw error;
  }
}

/** Nothing that was never there: what is left of the ticks is among them. */
function isWithin(content: Content, whole: Content): boolean {
  const all = new Set(whole.ticks);
  return content.ticks.every((tick) => all.has(tick)) && new Set(content.ticks).size === content.ticks.length;
}

function firstDifference(content: Content, whole: Content): string {
  for (const kind of ['ticks', 'candles'] as const) {
    const at = whole[kind].findIndex((row, index) => content[kind][index] !== row);
    if (at >= 0) return `${kind} ${at}: ${content[kind][at]} instead of ${whole[kind][at]}`;
  }
  return 'all is there';
}
