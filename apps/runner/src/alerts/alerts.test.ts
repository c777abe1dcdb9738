import { createServer } from 'node:http';
import type { Server } from 'node:http';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DatabaseFullError } from '@tickwright/database';
import { Ledger } from '@tickwright/ledger';
import type { AlertRow } from '@tickwright/ledger';
import { ManualClock, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { conditionService } from './condition-service.ts';
import { Conditions, conditionOf } from './conditions.ts';
import type { Condition } from './conditions.ts';
import { Webhook } from './webhook.ts';

const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };

let folder: string;
let server: Server;
let url: string;
let answers: number[];
let received: string[];

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'alerts-'));
  answers = [];
  received = [];
  server = createServer((request, response) => {
    received.push(String(request.headers['idempotency-key']));
    response.statusCode = answers.shift() ?? 200;
    response.end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address !== null ? address.port : 0}/`;
});

afterEach(async () => {
  server.close();
  await rm(folder, { recursive: true });
});

function openLedger(): Promise<Ledger> {
  const limits = { eventDays: 1, bookDays: 1, maxBytes: 1e9 };
  return Ledger.open({ path: join(folder, 'ledger.db'), limits, log, clock: systemClock });
}

function alert(id: string): AlertRow {
  return { id, timeMicros: systemClock.nowMicros(), kind: 'signal', severity: 'info', text: id };
}

test('an alert is tried again until it is taken, and is sent once over restarts', async () => {
  answers = [503];
  {
    await using ledger = await openLedger();
    await ledger.appendAlerts([alert('a'), alert('b')]);
    // As a process that was killed while it sent b has left it.
    await ledger.appendAlertSteps([{ id: 'b', timeMicros: 0, step: 'sending' }]);
    const webhook = new Webhook({ url, ledger, clock: systemClock, log });
    await webhook.begin();
    const stop = new AbortController();
    const running = webhook.service().run(stop.signal);
    await vi.waitFor(() => expect(webhook.counts.sent).toBe(1), { timeout: 20_000 });
    stop.abort();
    await running;
  }
  expect(received).toEqual(['a', 'a']);
  await using ledger = await openLedger();
  const again = new Webhook({ url, ledger, clock: systemClock, log });
  await again.begin();
  const stop = new AbortController();
  const running = again.service().run(stop.signal);
  again.send(alert('c'));
  await vi.waitFor(() => expect(again.counts.sent).toBe(1), { timeout: 20_000 });
  stop.abort();
  await running;
  expect(received).toEqual(['a', 'a', 'c']);
});

test('alerts wait for a ledger that finds no room, and are sent once when it does', async () => {
  await using ledger = await openLedger();
  const write = ledger.database.write.bind(ledger.database);
  let refused = 0;
  ledger.database.write = (work) => {
    if (refused === 2) return write(work);
    refused += 1;
    throw new DatabaseFullError({ path: ledger.database.path, found: 'File too large', cause: undefined });
  };
  const clock = new ManualClock({ startMicros: systemClock.nowMicros() });
  const webhook = new Webhook({ url, ledger, clock, log });
  const stop = new AbortController();
  const running = webhook.service().run(stop.signal);
  webhook.send(alert('a'));
  await vi.waitFor(
    async () => {
      await clock.advance(5_000);
      expect(webhook.counts.sent).toBe(1);
    },
    { timeout: 20_000 },
  );
  expect(refused).toBe(2);
  expect(webhook.counts.failed).toBe(0);
  stop.abort();
  await running;
  expect(received).toEqual(['a']);
});

test('what lasts is told when it begins and when it is over, once over restarts', () => {
  const down = conditionOf('binance: not connected: refused, again in 12 s');
  const conditions = new Conditions();
  const begun = conditions.changed([down], 1);
  expect(begun).toMatchObject([{ kind: 'stream-down', severity: 'warning' }]);
  // Other numbers in the same words are the same thing.
  expect(conditions.changed([conditionOf('binance: not connected: refused, again in 24 s')], 2)).toEqual([]);
  const restarted = Conditions.of(begun.map((row) => ({ ...row, steps: [] })));
  expect(restarted.changed([down], 3)).toEqual([]);
  expect(restarted.changed([], 4)).toMatchObject([{ kind: 'stream-down', severity: 'info' }]);
  expect(restarted.changed([down], 5)).toHaveLength(1);
});

test('what begins and is over while the ledger finds no room is told when it does, in order and once', async () => {
  await using ledger = await openLedger();
  const append = ledger.appendAlerts.bind(ledger);
  let isFull = true;
  ledger.appendAlerts = (rows) => (isFull ? Promise.reject(new Error('no space left')) : append(rows));
  const clock = new ManualClock({ startMicros: 1_000_000 });
  const told: string[] = [];
  let found: readonly Condition[] | undefined;
  const now = (): readonly Condition[] | undefined => found;
  const tell = ({ text }: AlertRow): void => void told.push(text);
  const service = conditionService({ intervalMs: 1_000, now, ledger, tell, clock, log });
  const stop = new AbortController();
  const running = service.run(stop.signal);
  /** A second, and as long as the ledger takes for it. */
  const second = async (): Promise<void> => {
    await clock.advance(1_000);
    await ledger.queries.alerts({ limit: 1 });
    await clock.advance(0);
  };
  const disk = conditionOf('the disk has 1 MiB free');
  const down = conditionOf('binance: not connected: refused');
  for (const next of [undefined, [], [disk], [disk, down], [disk]]) {
    found = next;
    await second();
  }
  expect(told).toEqual([]);
  isFull = false;
  await vi.waitFor(async () => {
    await second();
    expect(told).toHaveLength(3);
  });
  expect(told).toEqual([disk.text, down.text, `over: ${down.text}`]);
  await second();
  expect(await ledger.queries.alerts({ limit: 9 })).toHaveLength(3);
  expect(told).toHaveLength(3);
  stop.abort();
  await running;
});
