import { expect, test } from 'vitest';
import { instrumentKey } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import type { Candle } from '@tickwright/store';
import type { Engine, EngineConfig } from '@tickwright/trading';
import { LiveBoard } from './live-board.ts';
import type { BoardCursor } from './live-board.ts';

const MINUTE = 60_000_000;
const START = Date.UTC(2026, 10, 20, 10) * 1_000;
const KEYS = ['SIM|ALPHA', 'SIM|BRAVO', 'SIM|CHARLIE'].map((key) => instrumentKey(key));
const plan = {
  instruments: KEYS.map((instrument) => ({
    instrument,
    calendar: 'always',
    isHalted: false,
    haltReason: '',
  })),
  fills: { interval: '1m' },
} as unknown as EngineConfig;
const engine = { strategies: () => [], positions: () => [] } as unknown as Engine;

class Scene {
  readonly clock = new ManualClock({ startMicros: START });
  readonly board = new LiveBoard({ plan, engine, clock: this.clock });

  async trade(key: (typeof KEYS)[number], close: number, minute = 0): Promise<void> {
    const openTime = START + minute * MINUTE;
    const prices = { open: close, high: close, low: close, close, volume: 1, tradeCount: 1, version: close };
    const candle = {
      instrument: key,
      openTime,
      closeTime: openTime + MINUTE,
      ...prices,
    } as unknown as Candle;
    this.board.seen([{ type: 'candle', phase: 'forming', interval: '1m', candle }]);
    // Rows are looked at anew.
    await this.clock.advance(250);
  }

  told(cursor: BoardCursor): unknown[] {
    return [...this.board.since(cursor, new Set(['scanner']))].map(({ data }) => {
      const { isWhole, rows } = data as {
        isWhole: boolean;
        rows: { symbol: string; last_price: number | null }[];
      };
      return [isWhole, ...rows.map(({ symbol, last_price: price }) => `${symbol.slice(4)} ${price}`)];
    });
  }
}

test('a client that has the rows as of a cursor is told what changed since, and nothing twice', async () => {
  const scene = new Scene();
  for (const key of KEYS) await scene.trade(key, 100);
  const rowsCursor = scene.board.rowsCursor();
  // Between the answer with all rows and the connection for events.
  await scene.trade(KEYS[1] as (typeof KEYS)[number], 101);
  const cursor = scene.board.begin({ rowsCursor });
  expect(scene.told(cursor)).toEqual([[false, 'BRAVO 101']]);
  expect(scene.told(cursor)).toEqual([]);
  await scene.trade(KEYS[2] as (typeof KEYS)[number], 102);
  expect(scene.told(cursor)).toEqual([[false, 'CHARLIE 102']]);
});

test('without a cursor, or with one of another run, all rows are told at first', async () => {
  const scene = new Scene();
  const other = new Scene();
  for (const key of KEYS) await scene.trade(key, 100);
  const cursors = [undefined, '', 'x', other.board.rowsCursor(), `${scene.board.rowsCursor()}99`];
  for (const rowsCursor of cursors)
    expect([rowsCursor, scene.told(scene.board.begin({ rowsCursor }))]).toEqual([
      rowsCursor,
      [[true, 'ALPHA 100', 'BRAVO 100', 'CHARLIE 100']],
    ]);
});

test('a client that looks at one instrument is told its rows alone', async () => {
  const scene = new Scene();
  for (const key of KEYS) await scene.trade(key, 100);
  const cursor = scene.board.begin({ instrument: 'SIM|BRAVO' });
  expect(scene.told(cursor)).toEqual([[true, 'BRAVO 100']]);
  await scene.trade(KEYS[0] as (typeof KEYS)[number], 101);
  expect(scene.told(cursor)).toEqual([]);
});

test('history that comes after the newest candles goes before them in the closes', async () => {
  const scene = new Scene();
  const key = KEYS[0] as (typeof KEYS)[number];
  for (const minute of [7, 8, 2, 5, 3]) await scene.trade(key, 100 + minute, minute);
  expect(scene.board.closes(key, '1m')).toEqual([102, 103, 105, 107, 108]);
});

test('history in one gives the rows and closes that its candles give one by one, also behind what was seen before', () => {
  const clock = new ManualClock({ startMicros: START });
  const key = KEYS[0] as (typeof KEYS)[number];
  const candles = Array.from({ length: 3_000 }, (_, at): Candle => {
    const openTime = START + (at - 3_000) * MINUTE;
    const prices = { open: at, high: at + (at % 7), low: at - (at % 5), close: at + 3, volume: at % 11 };
    const state = { tradeCount: 1, isClosed: true, isComplete: true, revision: 0, version: at + 1 };
    return {
      instrument: key,
      openTime,
      closeTime: openTime + MINUTE,
      ...prices,
      ...state,
      source: 'ticks',
    };
  });
  const seen = (tell: (board: LiveBoard, some: readonly Candle[]) => void): unknown => {
    const board = new LiveBoard({ plan, engine, clock });
    tell(board, candles.slice(1_500, 2_800));
    tell(board, candles);
    return [board.rows(START), board.closes(key, '1m')];
  };
  expect(
    seen((board, some) => board.seen([{ type: 'history', instrument: key, interval: '1m', candles: some }])),
  ).toEqual(
    seen((board, some) =>
      board.seen(
        some.map((candle) => ({ type: 'candle', phase: 'missed', interval: '1m', candle }) as const),
      ),
    ),
  );
});
