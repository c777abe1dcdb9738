import { readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openDatabase } from '@tickwright/database';
import { listPieces } from '@tickwright/store';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { HOUR, Rig, START, quietLog, removeFolders, trades } from '../core-fixture.ts';
import { mismatches, verifyCore } from './verify-core.ts';
import type { CoreVerification } from './verify-core.ts';

const signal = AbortSignal.timeout(600_000);
const MINUTES = 3;
let dataDir: string;

/** Three minutes of trades at ten o'clock and three at three, stored, published and left alone. */
beforeEach(async () => {
  const rig = await Rig.open();
  dataDir = rig.dataDir;
  await rig.core.begin();
  await rig.live(trades(1, MINUTES * 60));
  await rig.live(trades(MINUTES * 60 + 1, MINUTES * 60, { timeMicros: START + 5 * HOUR }));
  await rig.settle();
  await rig[Symbol.asyncDispose]();
});

afterEach(removeFolders);

/** Changes the stored ticks as one might who has the file to himself. */
async function alterTicks(sql: string): Promise<void> {
  const path = join(dataDir, 'live', 'ticks_today.duckdb');
  await using database = await openDatabase({ path, log: quietLog });
  await database.write((tx) => tx.run(sql));
}

/** Writes the newest candle file anew with another value. */
async function alterCandle(what: string): Promise<void> {
  const path = (await listPieces({ dataDir })).at(-1)?.path ?? '';
  await using database = await openDatabase({ path: ':memory:', log: quietLog });
  const rows = `SELECT * REPLACE (${what}) FROM read_parquet('${path}', hive_partitioning = false)`;
  await database.read(`COPY (${rows} ORDER BY instrument, open_time) TO '${path}.altered' (FORMAT parquet)`);
  await rename(`${path}.altered`, path);
}

/** What a verification of nobody's data directory finds; the same when it is asked once more. */
async function found(): Promise<{ counts: CoreVerification['counts']; messages: string }> {
  const reports: CoreVerification[] = [];
  for (let run = 0; run < 2; run += 1) {
    await using rig = await Rig.open({ dataDir });
    reports.push(await verifyCore(rig.core, signal));
  }
  const [first, second] = reports;
  expect(second?.problems).toEqual(first?.problems);
  const messages = (first?.problems ?? []).map(({ message }) => message).join('\n');
  return { counts: first?.counts ?? {}, messages };
}

test('what nobody touched agrees', async () => {
  await using rig = await Rig.open({ dataDir });
  const report = await verifyCore(rig.core, signal);
  expect(mismatches(report)).toBe(0);
  expect(report.checked).toMatchObject({ ticks: 2 * MINUTES * 60, candles: 2 * MINUTES });
  expect(report.provedTicks).toBe(2 * MINUTES * 60);
});

test.each([
  ['an old', 30, '10:00:00'],
  ['a recent', 210, '15:00:00'],
] as const)('%s tick whose price was changed is told by instrument and time', async (_age, id, time) => {
  await alterTicks(`UPDATE ticks SET price = 5000 WHERE trade_id = ${id}`);
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle differs': 1, 'tick differs': 1 });
  expect(messages).toContain(`BINANCE|BTCUSDT at 2024-08-08T${time}.000Z differs`);
  expect(messages).toContain('instead of 5000');
});

test('a price changed inside the range of its candle, which no candle shows, is told by the journal', async () => {
  await alterTicks(
    'UPDATE ticks SET price = (SELECT price FROM ticks WHERE trade_id = 25) WHERE trade_id = 20',
  );
  const { counts, messages } = await found();
  expect(counts['tick differs']).toBe(1);
  expect(messages).toMatch(
    /BINANCE\|BTCUSDT trade 20 at 2024-08-08T10:00:\S+ \(frame \d+\) is stored as .* its frame says/,
  );
});

test('ticks whose journal is gone are still verified against the candles', async () => {
  await rm(join(dataDir, 'journal'), { recursive: true });
  await using rig = await Rig.open({ dataDir });
  const report = await verifyCore(rig.core, signal);
  expect(mismatches(report)).toBe(0);
  expect(report.provedTicks).toBe(0);
  expect(report.checked.ticks).toBe(2 * MINUTES * 60);
});

test('a tick that was deleted is told by its id and by its candle', async () => {
  await alterTicks('DELETE FROM ticks WHERE trade_id = 211');
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle differs': 1, 'ids missing': 1 });
  expect(messages).toContain('BINANCE|BTCUSDT: trade id 211 is missing between 2024-08-08T15:00:29.000Z');
  expect(messages).toContain('BINANCE|BTCUSDT at 2024-08-08T15:00:00.000Z differs');
});

test('a tick that is there twice is told by its id', async () => {
  await alterTicks('INSERT INTO ticks SELECT * FROM ticks WHERE trade_id = 211');
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle differs': 1, 'id stored twice': 1 });
  expect(messages).toContain('BINANCE|BTCUSDT: trade id 211 is stored more than once');
});

test.each([
  ['oldest', 'trade_id <= 60', '10:00:00'],
  ['newest', 'trade_id > 300', '15:02:00'],
] as const)(
  'the %s ticks deleted leave candles that no tick stands for, and those are told',
  async (_end, where, time) => {
    await alterTicks(`DELETE FROM ticks WHERE ${where}`);
    const { counts, messages } = await found();
    expect(counts).toEqual({ 'candle without ticks': 1 });
    expect(messages).toContain(`BINANCE|BTCUSDT has a published candle at 2024-08-08T${time}.000Z`);
  },
);

test('with all ticks deleted every candle is told', async () => {
  await alterTicks('DELETE FROM ticks');
  expect((await found()).counts).toEqual({ 'candle without ticks': 2 * MINUTES });
});

test('a published candle that was changed is told by instrument, time and value', async () => {
  await alterCandle(`CASE WHEN minute(open_time) = 1 THEN close + 1 ELSE close END AS close`);
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle differs': 1 });
  expect(messages).toMatch(
    /BINANCE\|BTCUSDT at 2024-08-08T15:01:00\.000Z differs .*: close \S+ instead of \S+/,
  );
});

test('a flipped bit that hides candles from whoever asks for their instrument is told by the file', async () => {
  const path = (await listPieces({ dataDir })).at(-1)?.path ?? '';
  const bytes = await readFile(path);
  // What is told of the instruments in the file, behind all that it holds.
  const at = bytes.lastIndexOf('BTCUSDT');
  bytes[at] = (bytes[at] ?? 0) ^ 1;
  await writeFile(path, bytes);
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle file altered': 1 });
  expect(messages).toContain('15.parquet is not as it was written: run tickwright doctor --repair');
});

test('candles of a deleted file are told as missing', async () => {
  for (const piece of await listPieces({ dataDir })) await rm(piece.path);
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle missing': 2 * MINUTES });
  expect(messages).toContain('BINANCE|BTCUSDT has ticks at 2024-08-08T10:00:00.000Z and no published candle');
});

test('after a crash, what was stored and not yet published is no difference, and a changed candle still is one', async () => {
  const rig = await Rig.open({ dataDir });
  await rig.live(trades(2 * MINUTES * 60 + 1, 90, { timeMicros: START + 5 * HOUR + MINUTES * 60_000_000 }));
  await rig.flush();
  const next = await rig.crash();
  dataDir = next.dataDir;
  await next[Symbol.asyncDispose]();
  await alterCandle(`CASE WHEN minute(open_time) = 1 THEN close + 1 ELSE close END AS close`);
  const { counts, messages } = await found();
  expect(counts).toEqual({ 'candle differs': 1 });
  expect(messages).toContain('2024-08-08T15:01:00.000Z differs');
});

test('a verification of a run that goes on taking frames finds no difference that is only a moment between two readings', async () => {
  await using rig = await Rig.open({ dataDir });
  await rig.core.begin();
  const from = START + 5 * HOUR + MINUTES * 60_000_000;
  const stop = new AbortController();
  const taking = (async () => {
    for (let second = 0; !stop.signal.aborted; second += 1) {
      await rig.live(trades(2 * MINUTES * 60 + 1 + second, 1, { timeMicros: from + second * 1_000_000 }));
      await rig.clock.advance(20);
    }
  })();
  const report = await verifyCore(rig.core, signal);
  stop.abort();
  await taking;
  expect(report.problems).toEqual([]);
  // All but the newest minute.
  expect(report.checked.ticks).toBeGreaterThanOrEqual((2 * MINUTES - 1) * 60);
});
