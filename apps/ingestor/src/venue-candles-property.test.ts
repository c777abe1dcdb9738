import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { ManualClock } from '@tickwright/runtime';
import { HOUR, KEYS, MINUTE, Rig, START, SYMBOLS, messageOf, removeFolders, trade } from './core-fixture.ts';
import { publishedRows } from './candles/plain-candles-fixture.ts';
import { dayWorkOf } from './day-work-fixture.ts';
import { kline, klinesOf, sourcedCandles } from './venue-candles-fixture.ts';
import { verifyCore } from './verification/verify-core.ts';

afterEach(removeFolders);

const asked = Number(process.env['TICKWRIGHT_FAULT_ROUNDS']);
const RUNS = Number.isInteger(asked) && asked > 0 ? asked : 5;
const LIMIT_MS = 60_000 + RUNS * 8_000;
const SEED = Number(process.env['TICKWRIGHT_FAULT_SEED'] ?? 0);

const symbol = fc.constantFrom(...SYMBOLS);
const trades = fc.record({
  do: fc.constant('trades' as const),
  symbol,
  /** 0 goes on with the ids, others leave some out; below 0 what was left out comes. */
  steps: fc.array(fc.constantFrom(0, 0, 0, 0, 1, 3, -2, -4), { minLength: 1, maxLength: 8 }),
  lateMinutes: fc.constantFrom(0, 0, 0, 1, 4, 90),
  cents: fc.integer({ min: 1, max: 900_000 }),
});
const klines = fc.record({
  do: fc.constant('klines' as const),
  symbol,
  agoMinutes: fc.constantFrom(2, 3, 5, 10, 61, 100, 300),
  count: fc.integer({ min: 1, max: 6 }),
  cents: fc.constantFrom(100, 250, 1_000, 7_777),
  isTraded: fc.constantFrom(true, true, true, false),
});
const symbols = fc.subarray([...KEYS], { minLength: 1 });

const step = fc.oneof(
  { weight: 8, arbitrary: trades },
  { weight: 6, arbitrary: klines },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('disconnected' as const), keys: symbols }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('acknowledged' as const), keys: symbols }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('stand in' as const) }) },
  { weight: 3, arbitrary: fc.record({ do: fc.constant('publish' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('flush' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.integer({ min: 1, max: 90 }) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const), minutes: fc.constant(24 * 60) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('seal' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('day work' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('spill' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('close' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const) }) },
);
type Step = typeof step extends fc.Arbitrary<infer T> ? T : never;

/** Plays steps; what the venue has told so far goes on over restarts. */
class Play {
  rig: Rig;
  readonly #newest = new Map<string, number>();

  constructor(rig: Rig) {
    this.rig = rig;
  }

  async step(what: Step): Promise<void> {
    const { rig } = this;
    switch (what.do) {
      case 'trades':
        for (const each of what.steps) {
          await rig.clock.advance(9_000);
          this.#trade(what, each);
        }
        return;
      case 'klines':
        return this.#klines(what);
      case 'disconnected':
        return rig.control({ type: 'disconnected', reason: 'a test', instruments: what.keys });
      case 'acknowledged':
        rig.control({ type: 'requested', instruments: what.keys });
        return rig.control({ type: 'acknowledged', instruments: what.keys });
      case 'stand in':
        return this.#standIn();
      case 'publish':
        expect(await rig.publish()).toBe(true);
        return;
      case 'flush':
        expect(await rig.flush()).toBe(true);
        return;
      case 'wait':
        await rig.clock.advance(what.minutes * 60_000);
        return rig.control({ type: 'clock' });
      case 'seal':
        await rig.core.tickFile.seal();
        return;
      case 'day work':
        return dayWorkOf(rig, { journal: { bytes: Number.MAX_SAFE_INTEGER, hours: 1_000 } }).round();
      case 'spill':
        return rig.core.pipeline.buffer.spill();
      case 'close':
        this.rig = await rig.reopen();
        return;
      case 'crash':
        this.rig = await rig.crash();
    }
  }

  #trade({ symbol: of, lateMinutes, cents }: Extract<Step, { do: 'trades' }>, idStep: number): void {
    const { rig } = this;
    const newest = this.#newest.get(of) ?? 1_000;
    const id = newest + 1 + idStep;
    this.#newest.set(of, Math.max(newest, id));
    const timeMicros = Math.floor(rig.clock.nowMicros() / 1_000 - lateMinutes * 60_000) * 1_000;
    const told = { symbol: of, id, price: (cents / 100).toFixed(2), quantity: '0.25', timeMicros };
    rig.sink.message('ws-1', rig.clock.nowMicros(), messageOf(trade(told)));
  }

  #klines({ symbol: of, agoMinutes, count, cents, isTraded }: Extract<Step, { do: 'klines' }>): void {
    const { rig } = this;
    const first = Math.floor(rig.clock.nowMicros() / MINUTE) * MINUTE - agoMinutes * MINUTE;
    const price = (cents / 100).toFixed(2);
    const flat = { open: price, high: price, low: price, close: price };
    const rows = Array.from({ length: Math.min(count, agoMinutes - 1) }, (_, at) => {
      const openTime = first + at * MINUTE;
      return isTraded
        ? kline({ openTime, low: '0.5', high: '90', close: price })
        : kline({ openTime, ...flat, volume: '0', trades: 0 });
    });
    rig.sink.answer('rest', rig.clock.nowMicros(), klinesOf(of, rows));
  }

  /** As recovery does where a venue has no trades to fill an ended gap with. */
  async #standIn(): Promise<void> {
    const { rig } = this;
    const { pipeline } = rig.core;
    pipeline.settle();
    const gap = pipeline.gaps.open().find(({ toMicros }) => toMicros >= 0);
    if (gap === undefined) return;
    const { id, instrument, fromMicros, toMicros } = gap;
    rig.control({ type: 'stand-in', spans: [{ instrument, fromMicros, toMicros }] });
    const frame = { receiveMicros: rig.clock.nowMicros(), offset: pipeline.nextOffset - 1 };
    pipeline.gaps.resolve({ id, state: 'filled', reason: "by the venue's candles" }, frame);
    expect(await rig.settle()).toBe(true);
  }
}

test(
  "published candles are those of the ticks, and the venue's own where ticks do not cover, for any order of ticks, gaps, candles, backfill and crashes",
  async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 8, maxLength: 40 }), async (steps) => {
        const clock = new ManualClock({ startMicros: START + 7 * HOUR + 3 * MINUTE });
        const play = new Play(await Rig.open({ clock, memoryHours: 1 }));
        try {
          for (const each of steps) await play.step(each);
          expect(await play.rig.settle()).toBe(true);
          const { core } = play.rig;
          const found = (await publishedRows(core)).map(
            ({ isClosed: _closed, revision: _revision, ...candle }) => candle,
          );
          expect(found).toEqual(await sourcedCandles(core));
          const report = await verifyCore(core, AbortSignal.timeout(60_000));
          // Ids of gaps that candles filled stay missing: a venue that has ids fills them by its trades.
          expect(report.problems.filter(({ kind }) => kind !== 'ids missing')).toEqual([]);
        } finally {
          await play.rig[Symbol.asyncDispose]();
          await removeFolders();
        }
      }),
      {
        numRuns: RUNS,
        interruptAfterTimeLimit: LIMIT_MS,
        endOnFailure: true,
        ...(SEED === 0 ? {} : { seed: SEED }),
      },
    );
  },
  LIMIT_MS + 60_000,
);
