import { fork } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { CommitInDoubtError, openDatabase } from '@tickwright/database';
import { ManualClock, systemClock } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { DAY, LIMITS, T0, entry, quietLog } from './ledger-fixture.ts';
import { Ledger } from './ledger.ts';
import type { LedgerOptions } from './ledger.ts';

let folder: string;
let path: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'ledger-'));
  path = join(folder, 'paper.duckdb');
});

afterEach(() => rm(folder, { recursive: true }));

function open(options: Partial<LedgerOptions> = {}): Promise<Ledger> {
  return Ledger.open({ path, limits: LIMITS, log: quietLog, clock: systemClock, ...options });
}

test('what is appended is there after a new opening, the newest value of every key is the state', async () => {
  {
    await using ledger = await open();
    await ledger.append([
      entry(1, {
        state: [
          { key: 'account', value: { cash: '10' } },
          { key: 'order/o-1', value: 'working' },
        ],
      }),
      entry(2, { state: [{ key: 'account', value: { cash: '9' } }], fill: true }),
    ]);
    await ledger.append([entry(3, { state: [{ key: 'order/o-1', value: null }] })]);
  }
  await using ledger = await open();
  expect([ledger.lastSeq, ledger.lastTimeMicros]).toEqual([3, T0 + 3_000_000]);
  expect(await ledger.state()).toEqual({ account: { cash: '9' } });
  expect(await ledger.queries.fills({ limit: 9 })).toEqual(entry(2, { fill: true }).output.fills);
});

test('an event is stored whole or not at all, and only the one that follows on the last', async () => {
  await using ledger = await open();
  await ledger.append([entry(1)]);
  await expect(ledger.append([entry(1)])).rejects.toThrow('the next is 2, not 1');
  await expect(ledger.append([entry(2), entry(4)])).rejects.toThrow('the next is 3, not 4');
  const bad = entry(2, { fill: true });
  const unwritable = {
    ...bad,
    output: { ...bad.output, equity: { ...bad.output.fills[0], cash: 1n } as never },
  };
  await expect(ledger.append([unwritable])).rejects.toThrow();
  expect(await ledger.queries.fills({ limit: 9 })).toEqual([]);
  await ledger.append([bad]);
  expect(await ledger.queries.fills({ limit: 9 })).toHaveLength(1);
});

test.each([1, 2])('a ledger of schema version %i is taken over with its events', async (version) => {
  const times = { openMicros: 60_000_000, closeMicros: 120_000_000 };
  const values = { open: 1.5, high: 2, low: 1, close: 1.75, volume: 3, tradeCount: 4 };
  const candle = { ...times, ...values, state: 'closed', isComplete: true, version: 5, source: 'ticks' };
  const head = { type: 'history', seq: 1, timeMicros: 1, instrument: 'SIM|ALPHA', interval: '1m' };
  const columns = Object.fromEntries(Object.entries(candle).map(([field, value]) => [field, [value, value]]));
  const kept = { 1: { ...head, candles: [candle, candle] }, 2: { ...head, count: 2, columns } }[version];
  {
    await using ledger = await open();
    await ledger.append([entry(1)]);
  }
  {
    await using database = await openDatabase({ path, log: quietLog });
    await database.write(async (tx) => {
      await tx.run('UPDATE ledger SET schema_version = ?', [version]);
      await tx.run('UPDATE events SET body = ?', [JSON.stringify(kept)]);
    });
  }
  {
    await using ledger = await open();
    await ledger.append([entry(2)]);
    const events = [];
    for await (const some of ledger.queries.events(1)) events.push(...some);
    expect(events).toEqual([{ ...head, candles: [candle, candle] }, entry(2).event]);
  }
  await using database = await openDatabase({ path, log: quietLog });
  expect(await database.read('SELECT max(schema_version) AS version FROM ledger')).toEqual([{ version: 3 }]);
});

test('a ledger of a newer release is refused and left as it is', async () => {
  await (await open())[Symbol.asyncDispose]();
  {
    await using database = await openDatabase({ path, log: quietLog });
    await database.write((tx) => tx.run('UPDATE ledger SET schema_version = 99'));
  }
  await expect(open()).rejects.toThrow('ledger version 99, this release knows up to 3');
  await expect(open()).rejects.toMatchObject({ exitCode: 4 });
});

test('old events go with their runs, the book, the state and the newest run stay, and the file uses the room again', async () => {
  const clock = new ManualClock({ startMicros: T0 + 100 * DAY });
  await using ledger = await open({ clock });
  const many = Array.from({ length: 3_000 }, (_, at) =>
    entry(at + 1, {
      timeMicros: T0 + at,
      run: at % 1_000 === 0,
      fill: at === 5,
      state: [{ key: 'account', value: at }],
    }),
  );
  await ledger.append(many);
  await ledger.append([entry(3_001, { timeMicros: T0 + 99 * DAY, run: true })]);
  expect(await ledger.holdLimits()).toMatchObject({ removedEvents: 3_000 });
  expect((await ledger.queries.runs()).map(({ runId }) => runId)).toEqual(['r-3001']);
  expect(await ledger.queries.fills({ limit: 9 })).toHaveLength(1);
  expect(await ledger.state()).toEqual({ account: 2_999 });
  expect(ledger.lastSeq).toBe(3_001);
  const [row] = await ledger.database.read('SELECT count(*) AS count FROM state');
  expect(row).toEqual({ count: 1 });
});

test('a file that is too large gives up the older half of its events, whatever their age', async () => {
  await using ledger = await open({ limits: { ...LIMITS, maxBytes: 1 } });
  await ledger.append(Array.from({ length: 100 }, (_, at) => entry(at + 1, { run: at === 0 })));
  await ledger.database.checkpoint();
  expect((await ledger.holdLimits()).removedEvents).toBe(49);
});

test('an alert is stored once over restarts, with the steps of its way', async () => {
  {
    await using ledger = await open();
    await ledger.append([entry(1, { alert: 'signal:s-1' }), entry(2, { alert: 'signal:s-1' })]);
    await ledger.appendAlertSteps([{ id: 'signal:s-1', timeMicros: T0, step: 'sending' }]);
  }
  await using ledger = await open();
  await ledger.appendAlerts([
    { id: 'signal:s-1', timeMicros: T0, kind: 'signal', severity: 'info', text: 'again' },
  ]);
  await ledger.appendAlertSteps([{ id: 'signal:s-1', timeMicros: T0, step: 'sent' }]);
  expect(await ledger.queries.alerts({ limit: 9 })).toEqual([
    expect.objectContaining({ id: 'signal:s-1', text: 'about signal:s-1', steps: ['sending', 'sent'] }),
  ]);
});

test('alerts whose COMMIT was in doubt and held are stored once, and those of one that did not hold are told to be missing', async () => {
  await using ledger = await open();
  const rows = [{ id: 'disk-1', timeMicros: T0, kind: 'disk', severity: 'warning', text: 'full' }] as const;
  const { database } = ledger;
  const write = database.write.bind(database);
  const inDoubt = (): CommitInDoubtError =>
    new CommitInDoubtError({ path: database.path, found: 'test', cause: undefined });
  database.write = async () => {
    throw inDoubt();
  };
  await expect(ledger.appendAlerts(rows)).rejects.toThrow(CommitInDoubtError);
  database.write = async (work) => {
    await write(work);
    throw inDoubt();
  };
  await ledger.appendAlerts(rows);
  database.write = write;
  await ledger.appendAlerts(rows);
  expect(await ledger.queries.alerts({ limit: 9 })).toHaveLength(1);
});

test('a writer that is killed (kill -9) leaves whole entries, each once, and as far as it had said', async () => {
  const child = fork(new URL('ledger-crash-fixture.ts', import.meta.url), [path], {
    execArgv: ['--conditions=@tickwright/source', '--import', 'tsx'],
  });
  let told = 0;
  await new Promise<void>((resolve) => {
    child.on('message', (seq: number) => {
      told = seq;
      // It goes on meanwhile: the kill falls somewhere into the next appends.
      if (seq > 30) child.kill('SIGKILL');
    });
    child.on('exit', () => resolve());
  });
  await using ledger = await open();
  expect(ledger.lastSeq).toBeGreaterThanOrEqual(told);
  const [row] = await ledger.database.read(
    `SELECT (SELECT count(*) FROM events) AS events, (SELECT count(DISTINCT seq) FROM events) AS seqs,
      (SELECT count(*) FROM fills) AS fills, (SELECT count(DISTINCT id) FROM fills) AS ids`,
  );
  const last = ledger.lastSeq;
  expect(last % 3).toBe(0);
  expect(row).toEqual({ events: last, seqs: last, fills: last, ids: last });
  expect(await ledger.state()).toEqual({ last });
});
