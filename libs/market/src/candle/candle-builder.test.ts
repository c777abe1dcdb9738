import { describe, expect, test } from 'vitest';
import { CandleBuilder } from './candle-builder.ts';
import { MAX_CHANGED_CANDLES } from './candle-changes.ts';
import { candleStateColumns } from './candle-state.ts';
import { calendars } from '../session/session-calendar.ts';
import { TickKind } from '../tick/tick-batch.ts';
import type { CandleRow, TickRow } from './candle-fixture.ts';
import {
  HOUR,
  MINUTE,
  SECOND,
  START,
  allRows,
  batchOf,
  candleRows,
  threeInstruments,
} from './candle-fixture.ts';

const table = threeInstruments();
const ETH = 0;
const BTC = 1;
const NSE = 2;
const OPEN = START + 5 * MINUTE;
const FIRST_HOUR = START - (START % HOUR);
const complete = (): boolean => true;

const makeBuilder = (memoryHours = 24): CandleBuilder =>
  new CandleBuilder({ instruments: table, calendars, memoryHours });

/** Ticks of one unit at rising offsets, one a frame, from offset 1. */
function ticks(...rows: (Partial<TickRow> & { eventTime: number })[]): TickRow[] {
  return rows.map((row, at) => ({ instrument: BTC, price: 100 + at, volume: 1, offset: at + 1, ...row }));
}

function builderOf(...rows: (Partial<TickRow> & { eventTime: number })[]): CandleBuilder {
  const builder = makeBuilder();
  builder.fold(batchOf(ticks(...rows)));
  return builder;
}

const rowsOf = (builder: CandleBuilder): CandleRow[] => allRows(builder, table);

describe('closing', () => {
  test('a candle forms until its segment has passed its end by 250 ms, and closes at the tick that passes it', () => {
    const early = builderOf({ eventTime: START }, { eventTime: START + MINUTE + 249_999, instrument: ETH });
    expect(rowsOf(early).find(({ instrument }) => instrument === BTC)).toMatchObject({
      isClosed: 0,
      version: 1,
    });
    const builder = builderOf({ eventTime: START }, { eventTime: START + MINUTE + 250_000, instrument: ETH });
    expect(rowsOf(builder).find(({ instrument }) => instrument === BTC)).toMatchObject({
      isClosed: 1,
      version: 2,
      revision: 0,
    });
  });

  test('another segment does not close it', () => {
    const builder = builderOf({ eventTime: START }, { eventTime: START + HOUR, instrument: NSE });
    expect(rowsOf(builder)[0]).toMatchObject({ instrument: BTC, isClosed: 0 });
  });

  test('a clock frame closes it 2 s after its end', () => {
    const builder = builderOf({ eventTime: START });
    builder.clock(START + MINUTE + 2 * SECOND - 1, 7);
    expect(rowsOf(builder)[0]).toMatchObject({ isClosed: 0, version: 1 });
    builder.clock(START + MINUTE + 2 * SECOND, 8);
    expect(rowsOf(builder)[0]).toMatchObject({ isClosed: 1, version: 8, revision: 0 });
  });

  test('a clock that steps back opens nothing', () => {
    const builder = builderOf({ eventTime: START });
    builder.clock(START + 5 * MINUTE, 8);
    builder.clock(START, 9);
    builder.fold(
      batchOf(ticks({ eventTime: START + 1, offset: 10 }, { eventTime: START + 2 * MINUTE, offset: 11 })),
    );
    expect(rowsOf(builder)).toMatchObject([
      { isClosed: 1, revision: 1, version: 10 },
      { isClosed: 1, revision: 0, version: 11 },
    ]);
  });

  test('a quote closes nothing and makes no candle, for its time may be our own', () => {
    const builder = builderOf({ eventTime: START }, { eventTime: START + HOUR, kind: TickKind.quote });
    expect(rowsOf(builder)).toMatchObject([{ isClosed: 0, tradeCount: 1 }]);
    expect(builder.counts.quotes).toBe(1);
  });
});

describe('late ticks', () => {
  test('a late tick revises the closed candle it belongs to', () => {
    const builder = builderOf(
      { eventTime: START + 10 * SECOND, price: 10 },
      { eventTime: START + 2 * MINUTE, price: 20 },
      { eventTime: START + 5 * SECOND, price: 9 },
    );
    expect(rowsOf(builder)[0]).toMatchObject({
      open: 9,
      close: 10,
      isClosed: 1,
      revision: 1,
      version: 3,
      tradeCount: 2,
    });
    expect(builder.counts).toMatchObject({ late: 1, revisions: 1 });
  });

  test('a late tick for a minute without a candle makes one that is closed already', () => {
    const builder = builderOf({ eventTime: START + MINUTE + 250_000 }, { eventTime: START, price: 9 });
    expect(rowsOf(builder)[0]).toMatchObject({
      openTime: START,
      open: 9,
      isClosed: 1,
      revision: 0,
      version: 2,
    });
    expect(builder.counts).toMatchObject({ late: 1, revisions: 0 });
  });
});

describe('order', () => {
  test('at one event time the trade ids decide, whatever the order of arrival', () => {
    const builder = builderOf(
      { eventTime: START, tradeId: 8, price: 8 },
      { eventTime: START, tradeId: 7, price: 7 },
      { eventTime: START, tradeId: 9, price: 9 },
    );
    expect(rowsOf(builder)[0]).toMatchObject({ open: 7, close: 9 });
  });

  test('without ids, offset and then index decide at one event time', () => {
    const builder = builderOf(
      { eventTime: START, offset: 5, index: 8, price: 2 },
      { eventTime: START, offset: 6, index: 0, price: 3 },
      { eventTime: START, offset: 6, index: 1, price: 4 },
      { eventTime: START, offset: 5, index: 7, price: 1 },
    );
    expect(rowsOf(builder)[0]).toMatchObject({ open: 1, close: 4 });
  });
});

describe('what makes a candle', () => {
  test('ticks outside the session make none and are counted, and the first and last instants are as the session says', () => {
    const close = OPEN + 375 * MINUTE;
    const times = [OPEN - 1, OPEN, close - 1, close];
    const builder = builderOf(...times.map((eventTime) => ({ eventTime, instrument: NSE })));
    expect(rowsOf(builder).map(({ openTime }) => openTime)).toEqual([OPEN, close - MINUTE]);
    expect(builder.counts.outsideSession).toBe(2);
  });

  test('a conflated tick without volume shows its price and counts as no trade', () => {
    const builder = builderOf(
      { eventTime: OPEN, instrument: NSE, kind: TickKind.conflated, volume: 0, price: 5 },
      { eventTime: OPEN + 1, instrument: NSE, kind: TickKind.conflated, volume: 40, price: 6 },
    );
    expect(rowsOf(builder)[0]).toMatchObject({ open: 5, close: 6, volume: 40, tradeCount: 1 });
  });

  test('a volume of more than 2^53 units is the decimal sum still', () => {
    const rows = Array.from({ length: 30 }, (_, at) => ({
      eventTime: START + at,
      instrument: ETH,
      volume: 123456789.01,
    }));
    const builder = builderOf(...rows, { eventTime: START, instrument: ETH, volume: 0.2 });
    expect(rowsOf(builder)[0].volume).toBe(3703703670.5);
    expect(rows.reduce((sum, { volume }) => sum + volume, 0.2)).not.toBe(3703703670.5);
  });

  test('a minute without trade has no row', () => {
    const builder = builderOf({ eventTime: START }, { eventTime: START + 3 * MINUTE });
    expect(rowsOf(builder).map(({ openTime }) => openTime)).toEqual([START, START + 3 * MINUTE]);
  });

  test('an instrument added after the first fold gets its candles, though there are many', () => {
    const growing = threeInstruments();
    const builder = new CandleBuilder({ instruments: growing, calendars, memoryHours: 24 });
    builder.fold(batchOf(ticks({ eventTime: START })));
    const like = growing.at(BTC);
    for (let number = 0; number < 600; number++)
      growing.add({ ...like, key: `BINANCE|S${number}` as typeof like.key });
    builder.fold(
      batchOf(ticks({ eventTime: START + 1, offset: 2 }, { eventTime: START, instrument: 602, offset: 3 })),
    );
    const rows = allRows(builder, growing);
    expect(rows.map(({ instrument, volume }) => [instrument, volume])).toEqual([
      [BTC, 2],
      [602, 1],
    ]);
  });
});

describe('hours', () => {
  test('an hour lists its candles by instrument key and time, and asks for completeness with their span', () => {
    const builder = builderOf(
      { eventTime: START, instrument: ETH },
      { eventTime: START + MINUTE },
      { eventTime: START },
      { eventTime: OPEN, instrument: NSE },
    );
    const rows = candleRows(
      builder.hourRows('BINANCE', FIRST_HOUR, (instrument, openTime, closeTime) => {
        expect(closeTime - openTime).toBe(MINUTE);
        return instrument === BTC && openTime === START;
      }),
    );
    expect(rows.map((row) => [row.instrument, row.openTime, row.isComplete])).toEqual([
      [BTC, START, 1],
      [BTC, START + MINUTE, 0],
      [ETH, START, 0],
    ]);
  });

  test('only hours with changes are taken, once, and one that could not be published comes again', () => {
    const builder = builderOf({ eventTime: START }, { eventTime: OPEN, instrument: NSE });
    const hours = builder.takeChangedHours();
    expect(hours).toEqual([
      { segment: 'BINANCE', hourMicros: FIRST_HOUR },
      { segment: 'NSE_EQ', hourMicros: FIRST_HOUR },
    ]);
    expect(builder.takeChangedHours()).toEqual([]);
    builder.returnChangedHours([hours[1]]);
    expect(builder.takeChangedHours()).toEqual([hours[1]]);
  });

  test('a tick, a close and a touch each make an hour changed again', () => {
    const builder = builderOf({ eventTime: START });
    const hour = [{ segment: 'BINANCE', hourMicros: FIRST_HOUR }];
    expect(builder.takeChangedHours()).toEqual(hour);
    builder.fold(batchOf(ticks({ eventTime: START + 1, offset: 2 })));
    expect(builder.takeChangedHours()).toEqual(hour);
    builder.clock(START + HOUR, 3);
    expect(builder.takeChangedHours()).toEqual(hour);
    builder.touch(BTC, { fromMicros: START, toMicros: START + 1, offset: 4, since: 4 });
    expect(builder.takeChangedHours()).toEqual(hour);
  });

  test('an hour below the floor is refused rather than shown as empty', () => {
    const builder = builderOf({ eventTime: START });
    expect(() => builder.hourRows('BINANCE', FIRST_HOUR - HOUR, complete)).toThrow(RangeError);
    expect(builder.hourRows('BINANCE', FIRST_HOUR + HOUR, complete).count).toBe(0);
  });
});

describe('changed candles', () => {
  test('each changed candle comes once, as it is when it is taken', () => {
    const builder = builderOf(
      { eventTime: START },
      { eventTime: START + 1 },
      { eventTime: START, instrument: ETH },
    );
    const taken = builder.takeChangedCandles(complete);
    expect(candleRows(taken.candles).map(({ instrument, tradeCount }) => [instrument, tradeCount])).toEqual([
      [BTC, 2],
      [ETH, 1],
    ]);
    expect(builder.takeChangedCandles(complete).candles.count).toBe(0);
    builder.fold(batchOf(ticks({ eventTime: START + 2, offset: 9 })));
    expect(candleRows(builder.takeChangedCandles(complete).candles)).toMatchObject([
      { tradeCount: 3, version: 9 },
    ]);
  });

  test('taking hours in between neither loses nor doubles a changed candle', () => {
    const builder = builderOf({ eventTime: START });
    builder.takeChangedHours();
    builder.fold(batchOf(ticks({ eventTime: START + 1, offset: 2 })));
    expect(candleRows(builder.takeChangedCandles(complete).candles)).toMatchObject([{ tradeCount: 2 }]);
  });

  test('more changes than fit are reported instead of kept, and the list begins anew', () => {
    const builder = makeBuilder(10_000);
    const minutes = Array.from({ length: MAX_CHANGED_CANDLES + 1 }, (_, at) => ({
      eventTime: START + at * MINUTE,
    }));
    builder.fold(batchOf(ticks(...minutes)));
    const taken = builder.takeChangedCandles(complete);
    expect([taken.hasOverflowed, taken.candles.count]).toEqual([true, 0]);
    builder.fold(batchOf(ticks({ eventTime: START, offset: 1e6 })));
    const next = builder.takeChangedCandles(complete);
    expect([next.hasOverflowed, next.candles.count]).toEqual([false, 1]);
  });
});

describe('memory', () => {
  test("everything from the first tick's hour on is in memory; what is older is told, not folded", () => {
    const builder = builderOf(
      { eventTime: START },
      { eventTime: FIRST_HOUR },
      { eventTime: FIRST_HOUR - 1 },
      { eventTime: FIRST_HOUR - SECOND },
    );
    expect(builder.floorMicros).toBe(FIRST_HOUR);
    expect(rowsOf(builder)).toHaveLength(2);
    expect(builder.takeUnloaded()).toEqual([
      { instrument: BTC, openTime: FIRST_HOUR - MINUTE, closeTime: FIRST_HOUR, offset: 4, since: 3 },
    ]);
    expect(builder.takeUnloaded()).toEqual([]);
    expect(builder.counts.unloaded).toBe(2);
  });

  test('an old tick outside the session concerns no candle', () => {
    const builder = builderOf(
      { eventTime: OPEN, instrument: NSE },
      { eventTime: FIRST_HOUR - HOUR, instrument: NSE },
    );
    expect(builder.takeUnloaded()).toEqual([]);
    expect(builder.counts.outsideSession).toBe(1);
  });

  test('hours behind memoryHours are forgotten once published, and their late ticks go to storage', () => {
    const builder = makeBuilder(2);
    builder.fold(
      batchOf(ticks({ eventTime: START }, { eventTime: START + HOUR }, { eventTime: START + 3 * HOUR })),
    );
    expect(builder.forget()).toBe(0);
    builder.takeChangedHours();
    expect(builder.forget()).toBe(1);
    expect(builder.floorMicros).toBe(FIRST_HOUR + HOUR);
    builder.fold(batchOf(ticks({ eventTime: START, offset: 50 })));
    expect(builder.takeUnloaded()).toMatchObject([{ openTime: START, offset: 50 }]);
    expect(rowsOf(builder)).toHaveLength(2);
  });

  test('a tick at the candle at hand is not folded into a forgotten hour', () => {
    const builder = makeBuilder(1);
    builder.fold(batchOf(ticks({ eventTime: START }, { eventTime: START + 5 * HOUR, instrument: ETH })));
    builder.takeChangedHours();
    expect(builder.forget()).toBe(1);
    builder.fold(batchOf(ticks({ eventTime: START + 1, offset: 9 })));
    expect(builder.takeUnloaded()).toMatchObject([{ openTime: START, offset: 9 }]);
  });

  test('nothing newer than an hour with changes is forgotten, so that no partial hour can begin', () => {
    const builder = makeBuilder(1);
    builder.fold(
      batchOf(ticks({ eventTime: START }, { eventTime: START + HOUR }, { eventTime: START + 9 * HOUR })),
    );
    builder.takeChangedHours();
    builder.returnChangedHours([{ segment: 'BINANCE', hourMicros: FIRST_HOUR }]);
    expect(builder.forget()).toBe(0);
    expect(builder.floorMicros).toBe(FIRST_HOUR);
  });

  test('an hour in which a candle still forms is not forgotten', () => {
    const builder = makeBuilder(1);
    builder.fold(batchOf(ticks({ eventTime: OPEN, instrument: NSE }, { eventTime: START + 9 * HOUR })));
    builder.takeChangedHours();
    expect(builder.forget()).toBe(0);
    builder.clock(START + HOUR, 8);
    builder.takeChangedHours();
    expect(builder.forget()).toBe(1);
  });

  test('a returned hour that was forgotten meanwhile is asked for from storage', () => {
    const builder = makeBuilder(1);
    builder.fold(
      batchOf(ticks({ eventTime: OPEN, instrument: NSE }, { eventTime: OPEN + 5 * HOUR, instrument: NSE })),
    );
    const [hour] = builder.takeChangedHours();
    builder.forget();
    builder.returnChangedHours([hour]);
    expect(builder.takeUnloaded()).toEqual([
      { instrument: NSE, openTime: FIRST_HOUR, closeTime: FIRST_HOUR + HOUR, offset: 2, since: 0 },
    ]);
  });

  test('memory begins at a whole hour, once', () => {
    const builder = makeBuilder();
    expect(() => builder.startAt(START)).toThrow(/whole UTC hour/);
    builder.startAt(FIRST_HOUR);
    expect(() => builder.startAt(FIRST_HOUR)).toThrow(/already begun/);
    expect(() => makeBuilder(1.5)).toThrow(/whole number/);
  });

  test('the watermark is the newest event time of the segment, 0 before the first', () => {
    const builder = builderOf({ eventTime: START + 5 }, { eventTime: START });
    expect(builder.watermarkMicros('BINANCE')).toBe(START + 5);
    expect(builder.watermarkMicros('NSE_EQ')).toBe(0);
    expect(builder.watermarkMicros('KRAKEN')).toBe(0);
  });
});

describe('touch', () => {
  test('marks the candles that overlap the span as changed, and revises none', () => {
    const builder = builderOf(...[0, 1, 2, 3].map((minute) => ({ eventTime: START + minute * MINUTE })));
    builder.takeChangedCandles(complete);
    builder.touch(BTC, {
      fromMicros: START + MINUTE + 1,
      toMicros: START + 2 * MINUTE + 1,
      offset: 77,
      since: 77,
    });
    const { candles } = builder.takeChangedCandles(complete);
    expect(candleRows(candles)).toMatchObject([
      { openTime: START + MINUTE, version: 77, revision: 0 },
      { openTime: START + 2 * MINUTE, version: 77, revision: 0 },
    ]);
  });

  test('the part of the span below the floor is told as one entry', () => {
    const builder = builderOf({ eventTime: START });
    builder.touch(BTC, { fromMicros: START - 50 * HOUR, toMicros: Infinity, offset: 77, since: 77 });
    expect(builder.takeUnloaded()).toEqual([
      { instrument: BTC, openTime: START - 50 * HOUR, closeTime: FIRST_HOUR, offset: 77, since: 77 },
    ]);
    expect(rowsOf(builder)[0].version).toBe(77);
  });

  test('an open gap is told with an end even before anything is in memory', () => {
    const builder = makeBuilder();
    builder.touch(BTC, { fromMicros: START, toMicros: Infinity, offset: 3, since: 3 });
    builder.clock(START + HOUR, 4);
    builder.touch(ETH, { fromMicros: START, toMicros: Infinity, offset: 5, since: 5 });
    expect(builder.takeUnloaded()).toEqual([
      { instrument: BTC, openTime: START, closeTime: FIRST_HOUR + HOUR, offset: 3, since: 3 },
      { instrument: ETH, openTime: START, closeTime: FIRST_HOUR + 2 * HOUR, offset: 5, since: 5 },
    ]);
  });
});

describe('load', () => {
  function oneState(openTime: number): ReturnType<typeof candleStateColumns> {
    const states = candleStateColumns(1);
    Object.assign(states, { count: 1 });
    states.instrument[0] = BTC;
    states.openTime[0] = states.firstEventTime[0] = openTime;
    states.lastEventTime[0] = openTime + 1;
    states.volumeLow[0] = 150_000;
    states.version[0] = 41;
    return states;
  }

  test('a loaded candle is there, to be published, and goes on from its volume', () => {
    const builder = makeBuilder();
    builder.startAt(FIRST_HOUR);
    builder.load(oneState(START));
    expect(builder.watermarkMicros('BINANCE')).toBe(START + 1);
    expect(builder.takeChangedHours()).toHaveLength(1);
    builder.fold(batchOf(ticks({ eventTime: START + 2, volume: 0.25, offset: 42 })));
    expect(rowsOf(builder)).toMatchObject([{ volume: 1.75, isClosed: 0, version: 42 }]);
  });

  test('a candle below the floor or in memory already is refused', () => {
    const builder = makeBuilder();
    expect(() => builder.load(oneState(START))).toThrow(/BINANCE\|BTCUSDT at .* below the floor/);
    builder.startAt(FIRST_HOUR);
    builder.load(oneState(START));
    expect(() => builder.load(oneState(START))).toThrow(/in memory already/);
  });
});
