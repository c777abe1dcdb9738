import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { ControlEvent } from '../frame.ts';
import { calendars } from '../session/session-calendar.ts';
import { batchOf, tableOf, type TickRow } from '../tick/coverage-fixture.ts';
import { Deduplicator } from '../tick/deduplicator.ts';
import { IdSpace, TickKind } from '../tick/tick-batch.ts';
import { GapLedger } from './gap-ledger.ts';

const KEY = 'SIM|A';
const at = (seconds: number): number => Date.parse('2026-02-02T05:00:00Z') * 1000 + seconds * 1_000_000;
const instruments = [KEY];

/** A de-duplicator and its ledger; each call is the next frame. */
class Fold {
  readonly table = tableOf([KEY]);
  readonly ledger = new GapLedger({ instruments: this.table, calendars });
  readonly deduplicator = new Deduplicator({ instruments: this.table, gaps: this.ledger, calendars });
  #offset = 0;

  constructor() {
    this.ledger.attach(this.deduplicator);
  }

  take(...rows: TickRow[]): number {
    const batch = batchOf(rows.map((row) => ({ offset: this.#offset++, ...row })));
    this.deduplicator.accept(batch);
    return batch.count;
  }

  /** Trades with these ids, one a second; returns how many were let through. */
  trades(...ids: number[]): number {
    return this.take(...ids.map((id) => ({ id, eventMicros: at(id) })));
  }

  /** The venue says that this is its newest id. */
  notice(id: number): number {
    const kind = TickKind.notice;
    return this.take({ id, kind, idSpace: IdSpace.trade, price: 0, quantity: 0, eventMicros: at(id) });
  }

  control(event: ControlEvent, seconds: number): void {
    this.ledger.control(event, { receiveMicros: at(seconds), offset: this.#offset++ });
  }

  open(): [string, number, number][] {
    const rows = this.ledger
      .open()
      .map(({ cause, fromId, toId }): [string, number, number] => [cause, fromId, toId]);
    return rows.toSorted((a, b) => a[1] - b[1]);
  }
}

test('ids that only a heartbeat tells of are a gap, though no trade follows, and no tick', () => {
  const fold = new Fold();
  fold.trades(1, 2);
  expect(fold.notice(5)).toBe(0);
  expect(fold.ledger.open()).toMatchObject([
    { cause: 'sequence', fromId: 3, toId: 5, fromMicros: at(2), toMicros: at(5) },
  ]);
  expect(fold.ledger.overlaps(0, at(4), at(4) + 1)).toBe(true);
  expect(fold.deduplicator.counts).toMatchObject({ accepted: 2, badPrice: 0, duplicates: 0 });
});

test('a heartbeat that tells nothing new, comes before any trade, or is no heartbeat of ours, opens nothing', () => {
  const fold = new Fold();
  fold.notice(7);
  fold.trades(8, 9);
  fold.notice(9);
  fold.notice(3);
  fold.take({ id: 20, kind: TickKind.notice, idSpace: IdSpace.aggTrade, price: 0, eventMicros: at(20) });
  fold.take({
    id: 20,
    kind: TickKind.notice,
    idSpace: IdSpace.trade,
    eventMicros: at(90),
    receiveMicros: at(1),
  });
  expect(fold.open().filter(([cause]) => cause === 'sequence')).toEqual([]);
});

test('what a heartbeat was ahead of fills its gap when it arrives, in whatever order', () => {
  const fold = new Fold();
  fold.trades(1);
  fold.notice(4);
  expect(fold.trades(3)).toBe(1);
  expect(fold.open()).toEqual([
    ['sequence', 2, 2],
    ['sequence', 4, 4],
  ]);
  fold.trades(2, 4, 5, 6);
  expect(fold.open()).toEqual([]);
  expect(fold.ledger.list().map(({ state }) => state)).toEqual(['filled', 'filled']);
});

test('one silence told of by many heartbeats is one gap, which the next trade ends', () => {
  const fold = new Fold();
  fold.trades(1);
  for (const id of [3, 3, 5, 9]) fold.notice(id);
  expect(fold.open()).toEqual([['sequence', 2, 9]]);
  fold.trades(12);
  expect(fold.open()).toEqual([
    ['sequence', 2, 9],
    ['sequence', 10, 11],
  ]);
});

test('a connection that is lost after a heartbeat misses what comes after it, nothing twice', () => {
  const fold = new Fold();
  fold.trades(1, 2);
  fold.notice(4);
  fold.control({ type: 'disconnected', reason: 'test', instruments }, 5);
  fold.control({ type: 'requested', instruments }, 6);
  fold.trades(9);
  expect(fold.open()).toEqual([
    ['sequence', 3, 4],
    ['disconnect', 5, 8],
  ]);
  fold.trades(3, 4, 5, 6, 7, 8);
  expect(fold.open()).toEqual([]);
});

test('after a reconnect a heartbeat ends the gap by its id, before any trade comes', () => {
  const fold = new Fold();
  fold.trades(1, 2);
  fold.control({ type: 'disconnected', reason: 'test', instruments }, 3);
  fold.notice(4);
  expect(fold.open()).toEqual([['disconnect', 3, -1]]);
  fold.control({ type: 'requested', instruments }, 6);
  fold.notice(8);
  expect(fold.ledger.open()).toMatchObject([{ cause: 'disconnect', fromId: 3, toId: 8, toMicros: at(8) }]);
  fold.trades(3, 4, 5, 6, 7, 8);
  expect(fold.open()).toEqual([]);
});

test('a stored ledger knows after a restart which ids were told', () => {
  const before = new Fold();
  before.trades(1, 2);
  before.notice(5);
  const fold = new Fold();
  fold.deduplicator.load(before.deduplicator.snapshot({ changedOnly: false }));
  fold.ledger.load(before.ledger.list(), before.ledger.memory());
  fold.trades(3);
  expect(fold.open()).toEqual([['sequence', 4, 5]]);
  fold.trades(6, 4, 5);
  expect(fold.open()).toEqual([]);
});

test('whatever comes in whatever order, the open gaps are exactly the ids that are known and missing', () => {
  const step = fc.record({ id: fc.nat(30), isNotice: fc.boolean() });
  fc.assert(
    fc.property(fc.array(step, { minLength: 1, maxLength: 80 }), fc.nat(30), (steps, first) => {
      const fold = new Fold();
      fold.trades(first);
      let told = first;
      for (const { id, isNotice } of steps) {
        if (isNotice) fold.notice(id);
        else fold.trades(id);
        told = Math.max(told, id);
        const missing = fold.deduplicator.holesWithin(0, lowOf(fold), told).flatMap(idsOf);
        const open = fold.ledger.open().filter(({ cause }) => cause === 'sequence');
        expect(open.flatMap(({ fromId, toId }) => idsOf([fromId, toId])).toSorted((a, b) => a - b)).toEqual(
          missing,
        );
      }
      fold.trades(...fold.deduplicator.holesWithin(0, lowOf(fold), told).flatMap(idsOf));
      expect(fold.open().filter(([cause]) => cause === 'sequence')).toEqual([]);
    }),
    { numRuns: 200 },
  );
});

const idsOf = ([from, to]: readonly [number, number]): number[] =>
  Array.from({ length: to - from + 1 }, (_, n) => from + n);

const lowOf = (fold: Fold): number => fold.deduplicator.snapshot({ changedOnly: false })[0]?.ranges[0] ?? 0;
