import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { configSchema } from '@tickwright/config';
import { Ledger } from '@tickwright/ledger';
import type { LedgerEntry } from '@tickwright/ledger';
import { calendars, instrumentKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { createEngine } from '@tickwright/trading';
import type { Engine, StrategyDefinition } from '@tickwright/trading';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { foldedPnl } from '../paper-book.ts';
import { engineConfig } from '../run-plan.ts';
import { Desk } from './desk.ts';
import type { EngineInput } from './engine-input.ts';

const ALPHA = instrumentKey('SIM|ALPHA');
const MINUTE = 60_000_000;
const NOW = Math.floor((Date.now() * 1_000) / MINUTE) * MINUTE;
const silent = (): void => undefined;
const log: Log = { debug: silent, info: silent, warn: silent, error: silent };
const signal = new AbortController().signal;

/** Long at even minutes, out at odd ones. */
const flip: StrategyDefinition = {
  name: 'flip',
  description: '',
  interval: '1m',
  parameters: { safeParse: (data) => ({ success: true, data }) },
  warmUp: () => 1,
  create: () => ({
    onCandle: ({ openMicros }) => ({
      direction: (openMicros / MINUTE) % 2 === 0 ? 'long' : 'flat',
      confidence: 1,
      reason: 'by the minute',
    }),
  }),
};

let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'desk-'));
});

afterEach(() => rm(folder, { recursive: true }));

function openLedger(): Promise<Ledger> {
  const limits = { eventDays: 1, bookDays: 1, maxBytes: 1e9 };
  return Ledger.open({ path: join(folder, 'ledger.db'), limits, log, clock: systemClock });
}

async function engineOf(ledger: Ledger): Promise<Engine> {
  return createEngine({ strategies: () => flip, calendars, state: await ledger.state() });
}

async function begin(desk: Desk): Promise<void> {
  const config = configSchema.parse({ runner: { strategies: [{ use: 'flip' }], instruments: [ALPHA] } });
  const library = { find: () => flip, require: () => flip, pathOf: () => undefined };
  const plan = engineConfig({ config, library, described: [] });
  await desk.begin(
    { runId: 'r', mode: 'paper', release: '0', config: { ...plan, maxSignalAgeMs: 1e9 } },
    signal,
  );
}

function minute(number: number): EngineInput {
  const openMicros = NOW - (20 - number) * MINUTE;
  const price = 100 + number;
  const candle = {
    openMicros,
    closeMicros: openMicros + MINUTE,
    open: price,
    high: price + 2,
    low: price - 1,
    close: price + 1,
    volume: 1e6,
    tradeCount: 9,
    state: 'closed',
    isComplete: true,
    version: number + 1,
    source: 'ticks',
  } as const;
  return { type: 'candle', instrument: ALPHA, interval: '1m', phase: 'live', candle };
}

const minutes = (from: number, to: number): EngineInput[] =>
  Array.from({ length: to - from }, (_, at) => minute(from + at));

test('what is told was stored; after a restart the book is the same, and goes on without a second fill', async () => {
  const told: LedgerEntry[] = [];
  let before: object;
  {
    await using ledger = await openLedger();
    const desk = new Desk({ engine: await engineOf(ledger), ledger, clock: systemClock, log });
    desk.listen((entries) => told.push(...entries));
    await begin(desk);
    await desk.take(minutes(0, 6), signal);
    before = { account: desk.engine.account(), positions: desk.engine.positions() };
    expect(ledger.lastSeq).toBe(told.at(-1)?.event.seq);
    expect(await ledger.state()).toEqual(desk.engine.state());
  }
  await using ledger = await openLedger();
  const desk = new Desk({ engine: await engineOf(ledger), ledger, clock: systemClock, log });
  await begin(desk);
  expect({ account: desk.engine.account(), positions: desk.engine.positions() }).toEqual(before);
  // The same candles again, as after a kill between the source and the ledger: consumed is consumed.
  await desk.take(minutes(0, 12), signal);
  const fills = await ledger.queries.fills({ limit: 99 });
  expect(fills.length).toBeGreaterThan(4);
  expect(new Set(fills.map(({ id }) => id)).size).toBe(fills.length);
  const signals = await ledger.queries.signals({ limit: 99 });
  expect(new Set(signals.map(({ candleOpenMicros }) => candleOpenMicros)).size).toBe(signals.length);
  expect(await foldedPnl(ledger.queries, desk.engine)).toMatchObject({ matches: true, fills: fills.length });
});

test('while the ledger takes nothing trading waits and says so; then everything is stored once', async () => {
  await using ledger = await openLedger();
  let failing = 2;
  const sick = {
    get lastSeq() {
      return ledger.lastSeq;
    },
    lastTimeMicros: 0,
    append: async (entries: readonly LedgerEntry[]) => {
      if (failing > 0) {
        failing -= 1;
        throw new Error('disk full');
      }
      await ledger.append(entries);
    },
  };
  const desk = new Desk({ engine: await engineOf(ledger), ledger: sick, clock: systemClock, log });
  const begun = begin(desk);
  await desk.take([{ type: 'clock' }], signal);
  await begun;
  expect(desk.health).toMatchObject({ state: 'ok', retries: 2, events: 2 });
  expect(ledger.lastSeq).toBe(2);
});

test('an order by hand for an unknown instrument is rejected with its reason, and a repeated command orders once', async () => {
  await using ledger = await openLedger();
  const desk = new Desk({ engine: await engineOf(ledger), ledger, clock: systemClock, log });
  await begin(desk);
  await desk.take(minutes(0, 2), signal);
  const order = (instrument: string, commandId: string): EngineInput => ({
    type: 'command',
    commandId,
    command: {
      kind: 'place-order',
      request: {
        instrument: instrumentKey(instrument),
        side: 'buy',
        type: 'limit',
        validity: 'gtc',
        quantity: '1' as never,
        limitPrice: '90' as never,
        stopPrice: null,
        reduceOnly: false,
      },
    },
  });
  await desk.take([order('SIM|NONE', 'a'), order('SIM|ALPHA', 'b'), order('SIM|ALPHA', 'b')], signal);
  const orders = (await ledger.queries.orders({ limit: 99 })).filter(({ origin }) => origin === 'manual');
  expect(orders.map(({ state, code }) => [state, code]).toSorted()).toEqual([
    ['rejected', 'unknown-instrument'],
    ['working', 'accepted'],
  ]);
});
