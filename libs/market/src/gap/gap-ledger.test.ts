import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Deduplicator } from '../tick/deduplicator.ts';
import type { ControlEvent, GapVerdict } from '../frame.ts';
import { GapLedger } from './gap-ledger.ts';
import { MAX_ID_RANGES } from '../tick/id-ranges.ts';
import { MAX_OPEN_GAPS } from './gap-rows.ts';
import type { Gap } from './gap.ts';
import { calendars } from '../session/session-calendar.ts';
import { batchOf, tableOf, type TickRow } from '../tick/coverage-fixture.ts';

const SECOND = 1_000_000;
const MINUTE = 60 * SECOND;
const T0 = Date.parse('2026-02-02T05:00:00Z') * 1000; // 10:30 in India, a trading day
const KEY = 'SIM|A';
const at = (seconds: number): number => T0 + seconds * SECOND;
const ist = (time: string): number => Date.parse(`${time}+05:30`) * 1000;
const instruments = [KEY];

/** A ledger and a de-duplicator that are fed a journal: every call is the next frame. */
class Fold {
  readonly table;
  readonly ledger: GapLedger;
  readonly deduplicator: Deduplicator;
  offset = 0;

  constructor(keys: readonly string[] = [KEY], calendar = 'always') {
    this.table = tableOf(keys, calendar);
    this.ledger = new GapLedger({ instruments: this.table, calendars });
    this.deduplicator = new Deduplicator({ instruments: this.table, gaps: this.ledger, calendars });
    this.ledger.attach(this.deduplicator);
  }

  control(event: ControlEvent, receiveMicros: number): void {
    this.ledger.control(event, { receiveMicros, offset: this.offset++ });
  }

  ticks(...rows: TickRow[]): number[] {
    const batch = batchOf(rows.map((row) => ({ offset: this.offset++, ...row })));
    this.deduplicator.accept(batch);
    return [...batch.volume.subarray(0, batch.count)];
  }

  /** The trades with these ids, one a second. */
  trades(...ids: number[]): void {
    this.ticks(...ids.map((id) => ({ id, eventMicros: at(id) })));
  }

  gaps(): Partial<Gap>[] {
    return this.ledger.list().map(({ cause, state, fromMicros, toMicros, fromId, toId }) => ({
      cause,
      state,
      from: (fromMicros - T0) / SECOND,
      to: toMicros < 0 ? -1 : (toMicros - T0) / SECOND,
      ids: [fromId, toId],
    }));
  }
}

const disconnected = { type: 'disconnected', reason: 'test', instruments } as const;
const requested = { type: 'requested', instruments } as const;
const acknowledged = { type: 'acknowledged', instruments } as const;
const started = (previous: 'none' | 'stopped' | 'crashed') =>
  ({ type: 'started', instance: 'i', previous }) as const;

describe('missing ids', () => {
  test('are a gap from neighbour to neighbour, which is filled when all of them arrived', () => {
    const fold = new Fold();
    fold.trades(1, 2, 6);
    expect(fold.gaps()).toEqual([{ cause: 'sequence', state: 'open', from: 2, to: 6, ids: [3, 5] }]);
    fold.trades(3, 5);
    expect(fold.gaps()).toEqual([{ cause: 'sequence', state: 'open', from: 3, to: 5, ids: [4, 4] }]);
    fold.trades(4);
    expect(fold.gaps()).toMatchObject([{ state: 'filled' }]);
    expect(fold.ledger.open()).toEqual([]);
  });

  test('that the same frame brings were never missing: a page of history from its oldest trade up is no gap', () => {
    const fold = new Fold();
    fold.trades(50);
    fold.ledger.takeChanges();
    const page = { offset: fold.offset };
    fold.ticks(...Array.from({ length: 30 }, (_, n) => ({ ...page, id: 20 + n, eventMicros: at(20 + n) })));
    expect(fold.deduplicator.holes(0)).toEqual([]);
    expect(fold.gaps()).toEqual([]);
    expect(fold.ledger.takeChanges()).toEqual([]);
  });

  test('that the same frame brings in part leave one gap of the others', () => {
    const fold = new Fold();
    fold.trades(50);
    fold.ledger.takeChanges();
    const page = { offset: fold.offset };
    const told = [...Array(30).keys()].map((n) => 20 + n).filter((id) => id < 30 || id > 32);
    fold.ticks(...told.map((id) => ({ ...page, id, eventMicros: at(id) })));
    expect(fold.gaps()).toEqual([{ cause: 'sequence', state: 'open', from: 29, to: 33, ids: [30, 32] }]);
    expect(fold.ledger.takeChanges()).toHaveLength(1);
  });

  test('that a venue tells in no order within one frame are no gap', () => {
    const fold = new Fold();
    fold.trades(1);
    fold.ledger.takeChanges();
    const frame = { offset: fold.offset };
    fold.ticks(...[9, 5, 2, 4, 3, 7, 8, 6].map((id) => ({ ...frame, id, eventMicros: at(id) })));
    expect(fold.gaps()).toEqual([]);
    expect(fold.ledger.takeChanges()).toEqual([]);
  });

  test('that somebody heard of before the rest of their frame was judged are told as filled', () => {
    const fold = new Fold();
    const frame = { offset: 7 };
    fold.ticks({ ...frame, id: 1, eventMicros: at(1) }, { ...frame, id: 3, eventMicros: at(3) });
    expect(fold.ledger.takeChanges()).toMatchObject([{ state: 'open' }]);
    fold.ticks({ ...frame, id: 2, eventMicros: at(2) });
    expect(fold.ledger.takeChanges()).toMatchObject([{ state: 'filled' }]);
  });

  test('make two gaps when one in the middle arrives', () => {
    const fold = new Fold();
    fold.trades(1, 9, 5);
    expect(fold.gaps()).toEqual([
      { cause: 'sequence', state: 'open', from: 1, to: 5, ids: [2, 4] },
      { cause: 'sequence', state: 'open', from: 5, to: 9, ids: [6, 8] },
    ]);
    expect(new Set(fold.ledger.list().map(({ id }) => id)).size).toBe(2);
  });

  test('leave no gap open when all arrive in the end, and are exactly the open gaps when not', () => {
    const ids = fc.array(fc.nat(40), { minLength: 1, maxLength: 120 });
    fc.assert(
      fc.property(ids, (list) => {
        const fold = new Fold();
        fold.trades(...list);
        const open = fold.ledger.open().map(({ fromId, toId }) => [fromId, toId]);
        expect(open.toSorted((a, b) => a[0] - b[0])).toEqual(fold.deduplicator.holes(0));
        fold.trades(
          ...fold.deduplicator.holes(0).flatMap(([a, b]) => [...Array(b - a + 1).keys()].map((n) => a + n)),
        );
        expect(fold.ledger.open()).toEqual([]);
        expect(fold.ledger.list().every(({ fromMicros, toMicros }) => fromMicros <= toMicros)).toBe(true);
      }),
      { numRuns: 150 },
    );
  });

  test('keep their time within the gap that they were in: it overlaps every candle they can belong to', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(60), { minLength: 1 }), (list) => {
        const fold = new Fold();
        fold.trades(...list);
        for (const [from, to] of fold.deduplicator.holes(0)) {
          for (let id = from; id <= to; id++) expect(fold.ledger.overlaps(0, at(id), at(id) + 1)).toBe(true);
        }
      }),
    );
  });

  test('beyond the bound are merged with their neighbours, and reported as such', () => {
    const fold = new Fold();
    const count = MAX_OPEN_GAPS + 10;
    fold.trades(...Array.from({ length: count + 1 }, (_, n) => n * 3));
    const open = fold.ledger.open();
    expect(open).toHaveLength(MAX_OPEN_GAPS);
    expect(open[0]).toMatchObject({ fromId: 1, toId: 32, fromMicros: at(0), toMicros: at(33) });
    expect(fold.ledger.list().filter(({ reason }) => reason?.startsWith('merged into'))).toHaveLength(10);
    const missing = fold.deduplicator.holes(0).flatMap(([a, b]) => [a, b]);
    fold.trades(...missing);
    expect(fold.ledger.open()).toEqual([]);
  });
});

test('holes that are given up for want of room are unfillable, and the rest can still be filled', () => {
  const fold = new Fold();
  const count = MAX_ID_RANGES + 20;
  fold.trades(...Array.from({ length: count }, (_, n) => n * 3));
  const rows = fold.ledger.list();
  const isIn = (id: number, state: string): boolean =>
    rows.some((gap) => gap.state === state && gap.fromId <= id && id <= gap.toId);
  const holes = fold.deduplicator.holes(0).flat();
  const lost = Array.from({ length: 20 }, (_, n) => n * 3 + 1);
  expect(holes).toHaveLength((MAX_ID_RANGES - 1) * 2);
  expect(holes.filter((id) => !isIn(id, 'open') || isIn(id, 'unfillable'))).toEqual([]);
  expect(lost.filter((id) => !isIn(id, 'unfillable') || isIn(id, 'open'))).toEqual([]);
  expect(rows.filter(({ state }) => state !== 'filled').length).toBeLessThanOrEqual(MAX_OPEN_GAPS);
  fold.trades(...holes);
  expect(fold.ledger.open()).toEqual([]);
  expect(fold.ledger.list().some(({ state }) => state === 'unfillable')).toBe(true);
});

describe('a lost connection', () => {
  test('opens a gap from the last tick that lasts until the next one, and fills it when the ids follow', () => {
    const fold = new Fold();
    fold.trades(1, 2);
    fold.control(disconnected, at(10));
    expect(fold.gaps()).toEqual([{ cause: 'disconnect', state: 'open', from: 2, to: -1, ids: [3, -1] }]);
    expect(fold.ledger.overlaps(0, at(3600), at(3601))).toBe(true);
    fold.control(disconnected, at(11));
    fold.control({ type: 'stale', instruments }, at(11));
    fold.control(requested, at(12));
    fold.trades(2, 3, 4);
    expect(fold.gaps()).toEqual([{ cause: 'disconnect', state: 'filled', from: 2, to: 3, ids: [-1, -1] }]);
    expect(fold.ledger.list()[0].reason).toMatch(/nothing was missed/);
  });

  test('is one gap, not two, when ids are missing after it', () => {
    const fold = new Fold();
    fold.trades(1, 2);
    fold.control(disconnected, at(3));
    fold.control(requested, at(8));
    fold.trades(9, 10, 12);
    expect(fold.gaps()).toEqual([
      { cause: 'disconnect', state: 'open', from: 2, to: 9, ids: [3, 8] },
      { cause: 'sequence', state: 'open', from: 10, to: 12, ids: [11, 11] },
    ]);
    fold.trades(3, 4, 5, 6, 7, 8);
    expect(fold.gaps()[0]).toMatchObject({ cause: 'disconnect', state: 'filled' });
  });

  test('is not ended by history that is fetched while it lasts: what is missing begins later', () => {
    const fold = new Fold();
    fold.trades(1);
    fold.control(disconnected, at(2));
    fold.trades(2, 3, 6);
    expect(fold.gaps()).toEqual([
      { cause: 'disconnect', state: 'open', from: 6, to: -1, ids: [7, -1] },
      { cause: 'sequence', state: 'open', from: 3, to: 6, ids: [4, 5] },
    ]);
    fold.control(requested, at(20));
    fold.trades(9);
    expect(fold.gaps()[0]).toEqual({ cause: 'disconnect', state: 'open', from: 6, to: 9, ids: [7, 8] });
  });

  test('is not ended by an older id: it says nothing of what comes after the newest', () => {
    const fold = new Fold();
    fold.trades(1, 4);
    fold.control({ type: 'stale', instruments }, at(30));
    fold.trades(2, 3);
    expect(fold.gaps()).toMatchObject([
      { state: 'filled' },
      { cause: 'stale', state: 'open', to: -1, ids: [5, -1] },
    ]);
  });

  test('that is told twice is one gap, also without ids', () => {
    const fold = new Fold();
    fold.ticks({ eventMicros: at(1) });
    fold.control(disconnected, at(5));
    fold.control({ type: 'stale', instruments }, at(6));
    expect(fold.gaps()).toHaveLength(1);
  });

  test('without ids stays open with its end, and takes the volume that was traded in it', () => {
    const fold = new Fold();
    fold.ticks({ eventMicros: at(1), cumulativeVolume: 10 });
    fold.control(disconnected, at(5));
    fold.control(requested, at(6));
    expect(fold.ticks({ eventMicros: at(9), cumulativeVolume: 50 })).toEqual([0]);
    expect(fold.gaps()).toEqual([{ cause: 'disconnect', state: 'open', from: 1, to: 9, ids: [-1, -1] }]);
    expect(fold.ledger.overlaps(0, at(0), at(1) + 1)).toBe(true);
    expect(fold.ledger.overlaps(0, at(0), at(1))).toBe(false);
    expect(fold.ledger.overlaps(0, at(9), at(10))).toBe(true);
    expect(fold.ledger.overlaps(0, at(10), at(11))).toBe(false);
  });

  test('of an instrument that never ticked is no gap', () => {
    const fold = new Fold();
    fold.control(disconnected, at(1));
    expect(fold.gaps()).toEqual([]);
  });
});

describe('silence, a full disk and removal', () => {
  test('are gaps with their own causes', () => {
    const fold = new Fold();
    fold.trades(1);
    fold.control({ type: 'stale', instruments }, at(30));
    fold.trades(2);
    fold.control({ type: 'paused', reason: 'disk full', instruments }, at(40));
    fold.control({ type: 'resumed', instruments }, at(50));
    fold.trades(5);
    expect(fold.gaps()).toMatchObject([
      { cause: 'stale', state: 'filled' },
      { cause: 'disk', state: 'open', from: 2, to: 5, ids: [3, 4] },
    ]);
  });

  test('a removed instrument ends its gap, and adding it again goes on with the same ids', () => {
    const fold = new Fold();
    fold.trades(1);
    fold.control(disconnected, at(5));
    fold.control({ type: 'removed', instruments }, at(7));
    expect(fold.gaps()).toEqual([{ cause: 'disconnect', state: 'open', from: 1, to: 7, ids: [2, -1] }]);
    fold.control(requested, at(20));
    fold.trades(30);
    expect(fold.gaps()).toEqual([{ cause: 'disconnect', state: 'open', from: 1, to: 30, ids: [2, 29] }]);
  });
});

describe('a start', () => {
  test('after a crash or a stop opens a gap from the last tick once the instrument is requested', () => {
    for (const [previous, cause] of [
      ['crashed', 'crash'],
      ['stopped', 'start'],
    ] as const) {
      const fold = new Fold();
      fold.control(started('none'), at(0));
      fold.trades(1);
      fold.control(started(previous), at(10));
      expect(fold.gaps()).toEqual([]);
      fold.control(requested, at(11));
      expect(fold.gaps()).toEqual([{ cause, state: 'open', from: 1, to: -1, ids: [2, -1] }]);
      fold.control(requested, at(12));
      fold.trades(4);
      expect(fold.gaps()).toEqual([{ cause, state: 'open', from: 1, to: 4, ids: [2, 3] }]);
    }
  });

  test('leaves the first minute of a new instrument incomplete up to its first tick', () => {
    const fold = new Fold();
    fold.control(started('none'), at(0));
    fold.control(requested, at(5));
    fold.control(acknowledged, at(6));
    fold.trades(23);
    expect(fold.gaps()).toEqual([{ cause: 'start', state: 'open', from: 0, to: 23, ids: [-1, 22] }]);
    fold.trades(22, 21);
    expect(fold.gaps()).toEqual([{ cause: 'start', state: 'open', from: 0, to: 21, ids: [-1, 20] }]);
    fold.ticks({ id: 20, eventMicros: at(-1) });
    expect(fold.gaps()).toMatchObject([
      { state: 'filled' },
      { cause: 'start', state: 'unfillable', from: -60, to: -1, ids: [-1, 19] },
    ]);
    expect(fold.ledger.overlaps(0, at(0), at(60))).toBe(false);
  });

  test('joins the gap of the first minute with history that is fetched from before it', () => {
    const fold = new Fold();
    fold.control(requested, at(0));
    fold.trades(23);
    fold.ticks({ id: 10, eventMicros: at(-5) });
    expect(fold.gaps()).toEqual([
      { cause: 'start', state: 'open', from: -5, to: 23, ids: [11, 22] },
      { cause: 'start', state: 'unfillable', from: -60, to: -5, ids: [-1, 9] },
    ]);
    for (let id = 11; id < 23; id++) fold.trades(id);
    expect(fold.ledger.open()).toEqual([]);
    expect(fold.ledger.overlaps(0, at(0), at(60))).toBe(false);
    // The minute in which the history begins is as partial as the first one was.
    expect(fold.ledger.overlaps(0, at(-60), at(0))).toBe(true);
  });

  test('shortens the gap of the first minute when the history begins within it', () => {
    const fold = new Fold();
    fold.control(requested, at(0));
    fold.trades(23, 20);
    expect(fold.gaps()).toEqual([
      { cause: 'start', state: 'open', from: 0, to: 20, ids: [-1, 19] },
      { cause: 'sequence', state: 'open', from: 20, to: 23, ids: [21, 22] },
    ]);
  });

  test('has no gap when the first tick starts its minute or the subscription is older than the minute', () => {
    const sharp = new Fold();
    sharp.control(requested, at(0));
    sharp.ticks({ id: 7, eventMicros: at(60) });
    expect(sharp.gaps()).toEqual([]);
    const early = new Fold();
    early.control(acknowledged, at(0));
    early.trades(75);
    expect(early.gaps()).toEqual([]);
  });

  test('of a recording, which has no control events, is no gap', () => {
    const fold = new Fold();
    fold.trades(23, 24);
    expect(fold.gaps()).toEqual([]);
  });
});

describe('a night', () => {
  const night = (): Fold => {
    const fold = new Fold([KEY], 'nse');
    fold.ticks({ eventMicros: ist('2026-02-02T14:10:00'), cumulativeVolume: 900 });
    fold.control(disconnected, ist('2026-02-03T03:30:00'));
    fold.control(requested, ist('2026-02-03T08:30:00'));
    return fold;
  };

  test('with a reconnect between two sessions misses nothing', () => {
    const fold = night();
    fold.control(acknowledged, ist('2026-02-03T08:30:01'));
    expect(fold.ticks({ eventMicros: ist('2026-02-03T09:15:04'), cumulativeVolume: 70 })).toEqual([70]);
    expect(fold.ledger.list()).toMatchObject([
      {
        state: 'filled',
        reason: 'nothing was missed: the venue was closed',
        fromMicros: ist('2026-02-02T15:30:00'),
      },
    ]);
  });

  test('with a reconnect that was never confirmed is a gap from the close to the first tick', () => {
    const fold = night();
    expect(fold.ticks({ eventMicros: ist('2026-02-03T09:15:04'), cumulativeVolume: 70 })).toEqual([0]);
    const gap = { fromMicros: ist('2026-02-02T15:30:00'), toMicros: ist('2026-02-03T09:15:04') };
    expect(fold.ledger.open()).toMatchObject([gap]);
    const last = ist('2026-02-02T15:29:00');
    expect(fold.ledger.overlaps(0, last, last + MINUTE)).toBe(false);
  });

  test('does not excuse a market that never closes', () => {
    const fold = new Fold();
    fold.ticks({ eventMicros: ist('2026-02-02T14:10:00') });
    fold.control(disconnected, ist('2026-02-03T14:10:00'));
    expect(fold.ledger.open()).toMatchObject([{ fromMicros: ist('2026-02-02T14:10:00') }]);
  });
});

test('a gap that lasts goes on when its instrument is registered only after the state was loaded', () => {
  const before = new Fold();
  before.trades(1, 2);
  before.control(disconnected, at(3));
  const after = new Fold([]);
  after.deduplicator.load(before.deduplicator.snapshot({ changedOnly: false }));
  after.ledger.load(before.ledger.list(), before.ledger.memory());
  after.table.add(before.table.at(0));
  after.control(requested, at(9));
  after.trades(3);
  expect(after.gaps()).toEqual([{ cause: 'disconnect', state: 'filled', from: 2, to: 3, ids: [-1, -1] }]);
});

test('a gap that lasts is not called filled when ids are missing that were told as missing before', () => {
  const before = new Fold();
  before.trades(1, 2);
  before.control(disconnected, at(3));
  const newer = new Fold();
  newer.trades(1, 2, 5, 6);
  const after = new Fold();
  after.deduplicator.load(newer.deduplicator.snapshot({ changedOnly: false }));
  after.ledger.load(before.ledger.list());
  after.trades(7);
  expect(after.gaps()).toEqual([{ cause: 'disconnect', state: 'open', from: 2, to: 7, ids: [3, 6] }]);
});

describe('what the ledger tells', () => {
  test('are copies of the rows that changed, and the spans whose completeness changed', () => {
    const fold = new Fold();
    fold.trades(1, 4);
    const [row] = fold.ledger.takeChanges();
    expect(row).toMatchObject({
      id: `1-${KEY}-2`,
      instrument: KEY,
      version: 1,
      openedOffset: 1,
      openedMicros: at(4) + 1000,
    });
    expect(fold.ledger.takeChanges()).toEqual([]);
    expect(fold.ledger.changedSpans()).toEqual([
      { instrument: 0, fromMicros: at(1), toMicros: at(4), since: 1 },
    ]);
    expect(fold.ledger.changedSpans()).toEqual([]);
    fold.trades(2);
    expect(row.fromId).toBe(2);
    expect(fold.ledger.takeChanges()).toMatchObject([{ id: row.id, fromId: 3, version: 2, openedOffset: 1 }]);
    fold.control(disconnected, at(9));
    expect(fold.ledger.changedSpans()).toEqual([
      { instrument: 0, fromMicros: at(1), toMicros: Number.MAX_SAFE_INTEGER, since: 2 },
    ]);
  });

  test("follows recovery's verdict, and says when the gap is not there any more", () => {
    const fold = new Fold();
    fold.trades(1, 4);
    fold.control(disconnected, at(9));
    const [first, lasting] = fold.ledger.open();
    const frame = { receiveMicros: at(20), offset: 50 };
    expect(fold.ledger.resolve({ id: first.id, state: 'unfillable', reason: 'too old' }, frame)).toBe(true);
    expect(fold.ledger.resolve({ id: lasting.id, state: 'filled', reason: 'covered' }, frame)).toBe(true);
    expect(fold.ledger.resolve({ id: lasting.id, state: 'filled', reason: 'covered' }, frame)).toBe(false);
    expect(fold.ledger.list()).toMatchObject([
      { state: 'unfillable', reason: 'too old', version: 50 },
      { state: 'filled', toMicros: at(20), version: 50 },
    ]);
    expect(fold.ledger.overlaps(0, at(2), at(3))).toBe(true);
    expect(fold.ledger.overlaps(0, at(10), at(11))).toBe(false);
  });

  test('has the verdict from the journal, and moves a gap that is done in part', () => {
    const fold = new Fold();
    fold.trades(1);
    fold.control(disconnected, at(60));
    const [{ id }] = fold.ledger.open();
    const reason = "the venue's candles reach until then";
    const told = (doneTo: number): ControlEvent => ({
      type: 'recovered',
      verdicts: [{ id, state: 'open', reason, doneToMicros: at(doneTo) }],
    });
    fold.control(told(180), at(200));
    expect(fold.gaps()).toMatchObject([{ state: 'open', from: 180, to: -1 }]);
    fold.control({ type: 'recovered', verdicts: [{ id, state: 'filling', reason: 'asked for' }] }, at(210));
    expect(fold.gaps()).toMatchObject([{ state: 'filling', from: 180, to: -1 }]);
    const filled = {
      id,
      state: 'filled',
      reason: 'all of it',
      doneToMicros: at(230),
      by: 'candles',
    } as const;
    fold.control({ type: 'recovered', verdicts: [filled] }, at(300));
    expect(fold.gaps()).toMatchObject([{ state: 'filled', from: 180, to: 230 }]);
    expect(fold.ledger.overlaps(0, at(120), at(180))).toBe(false);
  });

  test('lost ids are welcome again, and their gap is filled when they come', () => {
    const fold = new Fold();
    fold.trades(1, 2, 3, 4, 5, 6);
    const span = { instrument: KEY, fromMicros: at(2), toMicros: at(5), fromId: 3, toId: 4 };
    fold.control({ type: 'lost', reason: 'damage', spans: [span] }, at(50));
    expect(fold.deduplicator.holes(0)).toEqual([[3, 4]]);
    fold.trades(5, 3, 4);
    expect(fold.gaps()).toMatchObject([{ cause: 'disk', state: 'filled' }]);
    expect(fold.deduplicator.holes(0)).toEqual([]);
  });

  test('lost ids without a known end are one gap with those that turn out to be missing after them', () => {
    const fold = new Fold();
    fold.trades(1, 2, 3, 4);
    const span = { instrument: KEY, fromMicros: at(2), toMicros: at(50), fromId: 3, toId: -1 };
    fold.control({ type: 'lost', reason: 'damage', spans: [span] }, at(50));
    fold.ticks({ id: 9, eventMicros: at(60) });
    expect(fold.gaps()).toMatchObject([{ cause: 'disk', state: 'open', from: 2, to: 60, ids: [3, 8] }]);
    fold.trades(3, 4, 5, 6, 7, 8);
    expect(fold.ledger.open()).toEqual([]);
    fold.ticks({ id: 10, eventMicros: at(61) });
    expect(fold.deduplicator.holes(0)).toEqual([]);
  });

  test('counts control events for instruments that nobody registered', () => {
    const fold = new Fold();
    fold.control({ type: 'requested', instruments: ['SIM|NONE'] }, at(0));
    expect(fold.ledger.counts.unregistered).toBe(1);
  });
});

type Step = { rows: TickRow[] } | { event: ControlEvent } | { verdict: GapVerdict['state']; on: number };

const keys = ['SIM|A', 'SIM|B'];
const named = fc.constantFrom([keys[0]], [keys[1]], keys);
const anyStep: fc.Arbitrary<Step> = fc.oneof(
  {
    weight: 3,
    arbitrary: fc.array(fc.tuple(fc.nat(1), fc.nat(40)), { maxLength: 8 }).map((ticks) => ({
      rows: ticks.map(([instrument, id]): TickRow =>
        instrument === 0
          ? { instrument, id, eventMicros: at(id) }
          : { instrument, eventMicros: at(id), cumulativeVolume: id * 10 },
      ),
    })),
  },
  {
    weight: 1,
    arbitrary: fc
      .tuple(
        fc.constantFrom('disconnected', 'requested', 'acknowledged', 'stale', 'removed', 'paused', 'resumed'),
        named,
      )
      .map(([type, list]) => ({ event: { type, instruments: list, reason: 'test' } as ControlEvent })),
  },
  {
    weight: 1,
    arbitrary: fc
      .constantFrom('none' as const, 'stopped' as const, 'crashed' as const)
      .map((previous) => ({ event: started(previous) })),
  },
);

const anyStepOrVerdict: fc.Arbitrary<Step> = fc.oneof(
  { weight: 5, arbitrary: anyStep },
  {
    weight: 1,
    arbitrary: fc.record({
      verdict: fc.constantFrom('open' as const, 'filling' as const, 'filled' as const, 'unfillable' as const),
      on: fc.nat(5),
    }),
  },
);

/** A verdict on one of the gaps that are open, as recovery finds them. */
function judge(fold: Fold, { verdict: state, on }: { verdict: GapVerdict['state']; on: number }): void {
  const open = fold.ledger.open();
  const { id, fromMicros } = open[on % open.length] ?? {};
  if (id === undefined || fromMicros === undefined) return;
  const by = on % 2 === 0 ? {} : { doneToMicros: fromMicros + on * SECOND };
  fold.control({ type: 'recovered', verdicts: [{ id, state, reason: 'test', ...by }] }, at(fold.offset));
}

/** Folds steps; each tick is a frame of its own, handed over in batches of at most `size` rows. */
function feed(fold: Fold, steps: readonly Step[], size: number): void {
  for (const step of steps) {
    if ('verdict' in step) judge(fold, step);
    else if ('event' in step) fold.control(step.event, at(fold.offset));
    else for (let n = 0; n < step.rows.length; n += size) fold.ticks(...step.rows.slice(n, n + size));
  }
}

describe('the fold', () => {
  test('gives the same rows wherever ticks are cut into batches', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 30 }), fc.integer({ min: 1, max: 4 }), (steps, size) => {
        const whole = new Fold(keys);
        const pieces = new Fold(keys);
        feed(whole, steps, 100);
        feed(pieces, steps, size);
        expect(pieces.ledger.list()).toEqual(whole.ledger.list());
        expect(pieces.ledger.takeChanges()).toEqual(whole.ledger.takeChanges());
        expect(pieces.ledger.memory()).toEqual(whole.ledger.memory());
      }),
      { numRuns: 150 },
    );
  });

  test('goes on from a stored state as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.array(anyStepOrVerdict, { maxLength: 30 }), fc.nat(30), (steps, place) => {
        const straight = new Fold(keys);
        const resumed = new Fold(keys);
        feed(straight, steps.slice(0, place), 100);
        const stored = JSON.parse(
          JSON.stringify({
            rows: straight.deduplicator.snapshot({ changedOnly: false }),
            gaps: straight.ledger.list(),
            memory: straight.ledger.memory(),
          }),
        ) as {
          rows: ReturnType<Deduplicator['snapshot']>;
          gaps: Gap[];
          memory: ReturnType<GapLedger['memory']>;
        };
        resumed.offset = straight.offset;
        resumed.deduplicator.load(stored.rows);
        resumed.ledger.load(stored.gaps, stored.memory);
        straight.ledger.takeChanges();
        feed(straight, steps.slice(place), 100);
        feed(resumed, steps.slice(place), 100);
        expect(resumed.ledger.list()).toEqual(straight.ledger.list());
        expect(resumed.ledger.takeChanges()).toEqual(straight.ledger.takeChanges());
        expect(resumed.ledger.memory()).toEqual(straight.ledger.memory());
      }),
      { numRuns: 150 },
    );
  });

  test('covers every missing id with an unfilled gap, and has no other open gap with ids, whatever happened', () => {
    fc.assert(
      fc.property(fc.array(anyStep, { maxLength: 30 }), (steps) => {
        const fold = new Fold(keys);
        feed(fold, steps, 100);
        const unfilled = fold.ledger
          .list()
          .filter((gap) => gap.instrument === keys[0] && gap.state !== 'filled');
        const known = unfilled.filter(({ fromId, toId }) => fromId >= 0 && toId >= 0);
        const ranges = known.map(({ fromId, toId }) => [fromId, toId]).toSorted((a, b) => a[0] - b[0]);
        expect(ranges).toEqual(fold.deduplicator.holes(0));
        expect(unfilled.filter(({ toMicros }) => toMicros < 0).length).toBeLessThanOrEqual(1);
        const ids = fold.ledger.list().map(({ id }) => id);
        expect(new Set(ids).size).toBe(ids.length);
      }),
      { numRuns: 150 },
    );
  });
});
