import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { CandleBuilder } from './candle-builder.ts';
import { CandleSource, candleColumns } from './candle-columns.ts';
import { HOUR, MINUTE, SECOND, START, batchOf, candleRows, threeInstruments } from './candle-fixture.ts';
import type { CandleRow } from './candle-fixture.ts';
import { calendars } from '../session/session-calendar.ts';
import { joinVenue } from './venue-join.ts';
import type { VenueMinutes } from './venue-join.ts';
import { ToldBy, VenueRowKind, isTraded, spanRow } from './venue-row.ts';
import type { VenueRow } from './venue-row.ts';
import { VenueSpans } from './venue-spans.ts';

const table = threeInstruments();
const builder = (): CandleBuilder => new CandleBuilder({ instruments: table, calendars, memoryHours: 3 });
const hourOf = (micros: number): number => Math.floor(micros / HOUR) * HOUR;
const FIRST_HOUR = hourOf(START);

function venue(minute: number, told: Partial<VenueRow> = {}): VenueRow {
  const fromMicros = START + minute * MINUTE;
  return {
    instrument: 0,
    kind: VenueRowKind.candle,
    minutes: 1,
    fromMicros,
    toMicros: fromMicros + MINUTE,
    open: 10,
    high: 12,
    low: 9,
    close: 11,
    volume: 5,
    tradeCount: -1,
    by: ToldBy.answer,
    receiveMicros: fromMicros + HOUR,
    offset: 100,
    index: 0,
    ...told,
  };
}

function span(kind: VenueRow['kind'], from: number, to: number, offset: number): VenueRow {
  const times = { fromMicros: START + from * MINUTE, toMicros: START + to * MINUTE };
  return spanRow({
    instrument: 0,
    kind,
    minutes: 1,
    ...times,
    by: ToldBy.fold,
    receiveMicros: START,
    offset,
    index: 0,
  });
}

const tick = (minute: number, offset: number, price = 20): Parameters<typeof batchOf>[0][number] => ({
  instrument: 0,
  eventTime: START + minute * MINUTE + 30 * SECOND,
  price,
  volume: 1,
  offset,
});

/** `minute: close source revision`. */
function shown(of: CandleBuilder, isComplete: (minute: number) => boolean = () => true): string[] {
  const rows = [FIRST_HOUR, FIRST_HOUR + HOUR].flatMap((hour) =>
    hour < of.floorMicros
      ? []
      : candleRows(
          of.hourRows('BINANCE', hour, (_instrument, openTime) => isComplete((openTime - START) / MINUTE)),
        ),
  );
  return rows.map(
    ({ openTime, close, source, revision }) =>
      `${(openTime - START) / MINUTE}: ${close} ${source === CandleSource.venue ? 'venue' : 'ticks'} ${revision}`,
  );
}

describe("the venue's candle", () => {
  test('stands before the first tick, and nowhere in what was seen since', () => {
    const of = builder();
    of.foldVenue([venue(0), venue(3)]);
    expect(shown(of)).toEqual(['0: 11 venue 0', '3: 11 venue 0']);
    of.fold(batchOf([tick(1, 101)]));
    of.foldVenue([span(VenueRowKind.unseen, 0, 1.5, 101)]);
    of.foldVenue([venue(1, { offset: 102 }), venue(2, { offset: 102 })]);
    expect(shown(of)).toEqual(['0: 11 venue 0', '1: 20 ticks 0']);
  });

  test('stands in place of ticks in a gap, and where it stands in for them; told otherwise it is revised', () => {
    const of = builder();
    of.see(0);
    of.fold(batchOf([tick(0, 1), tick(1, 2), tick(3, 3)]));
    of.foldVenue([venue(1, { offset: 4 }), venue(2, { offset: 4 })]);
    expect(shown(of)).toEqual(['0: 20 ticks 0', '1: 20 ticks 0', '3: 20 ticks 0']);
    const inGap = (minute: number): boolean => minute !== 1 && minute !== 2;
    expect(shown(of, inGap)).toEqual(['0: 20 ticks 0', '1: 11 venue 1', '2: 11 venue 0', '3: 20 ticks 0']);
    // From the middle of one minute to the middle of the next.
    of.foldVenue([span(VenueRowKind.standIn, 1.5, 2.5, 5)]);
    expect(shown(of)).toEqual(['0: 20 ticks 0', '1: 11 venue 1', '2: 11 venue 0', '3: 20 ticks 0']);
    of.foldVenue([venue(2, { offset: 6, close: 9.5 })]);
    expect(shown(of)[2]).toBe('2: 9.5 venue 1');
  });

  test('gives way to ticks that come late, as a revision with a newer version', () => {
    const of = builder();
    of.see(0);
    of.fold(batchOf([tick(5, 1)]));
    of.foldVenue([venue(1, { offset: 2 })]);
    const isGap = (minute: number): boolean => minute !== 1;
    expect(shown(of, isGap)[0]).toBe('1: 11 venue 0');
    of.fold(batchOf([tick(1, 7, 21)]));
    expect(shown(of)[0]).toBe('1: 21 ticks 1');
    expect(candleRows(of.hourRows('BINANCE', FIRST_HOUR, () => true))[0].version).toBe(7);
  });

  test('in which nothing traded makes no candle; one of another interval or outside of the session neither', () => {
    const of = builder();
    const flat = { open: 11, high: 11, low: 11, close: 11, volume: 0 };
    of.foldVenue([venue(0, flat), venue(1, { minutes: 5 }), venue(1, { instrument: 2 })]);
    expect(shown(of)).toEqual([]);
    expect(of.hoursInMemory('NSE_EQ')).toEqual([]);
  });

  test('that is told again in the same words changes nothing', () => {
    const of = builder();
    of.foldVenue([venue(0)]);
    of.takeChangedHours();
    of.foldVenue([venue(0, { offset: 200 })]);
    expect(of.takeChangedHours()).toEqual([]);
    expect(candleRows(of.hourRows('BINANCE', FIRST_HOUR, () => true))[0].version).toBe(100);
  });

  test('below memory is to be computed from storage, and so is what a stand-in changes there', () => {
    const of = builder();
    of.startAt(FIRST_HOUR + HOUR);
    of.foldVenue([venue(0), span(VenueRowKind.standIn, -5, 4, 101)]);
    expect(of.takeUnloaded()).toMatchObject([
      { openTime: START, closeTime: START + MINUTE, offset: 100 },
      { openTime: START - 5 * MINUTE, closeTime: START + 4 * MINUTE, offset: 101 },
    ]);
  });
});

/** A tick, or something that the venue told, each with an offset of its own. */
const event = fc.oneof(
  fc.record({
    what: fc.constant('tick' as const),
    minute: fc.integer({ min: 0, max: 30 }),
    value: fc.integer({ min: 1, max: 4 }),
  }),
  fc.record({
    what: fc.constant('venue' as const),
    minute: fc.integer({ min: 0, max: 30 }),
    value: fc.integer({ min: 0, max: 3 }),
  }),
  fc.record({
    what: fc.constant('stand-in' as const),
    minute: fc.integer({ min: 0, max: 30 }),
    value: fc.integer({ min: 1, max: 5 }),
  }),
);

test('in memory the candles are those of the ticks joined with what the venue told, however they are cut into batches', () => {
  fc.assert(
    fc.property(
      fc.array(event, { minLength: 1, maxLength: 60 }),
      fc.array(fc.boolean(), { minLength: 60, maxLength: 60 }),
      fc.set(fc.integer({ min: 0, max: 30 }), { maxLength: 8 }),
      (events, cuts, gaps) => {
        const whole = builder();
        const ofTicks = builder();
        for (const one of [whole, ofTicks]) one.startAt(FIRST_HOUR);
        const spans = new VenueSpans();
        const told = new Map<number, VenueRow & { version: number }>();
        let waiting: Parameters<typeof batchOf>[0][number][] = [];
        const settle = (): void => {
          whole.fold(batchOf(waiting));
          ofTicks.fold(batchOf(waiting));
          waiting = [];
        };
        let isFirst = true;
        for (const [at, { what, minute, value }] of events.entries()) {
          const offset = at + 1;
          if (what === 'tick') {
            waiting.push(tick(minute, offset, value));
            if (cuts[at] || isFirst) settle();
            if (isFirst) {
              const first = spanRow({
                ...span(VenueRowKind.unseen, 0, 0, offset),
                fromMicros: 0,
                toMicros: START + minute * MINUTE + 30 * SECOND,
              });
              whole.foldVenue([first]);
              spans.add(first);
            }
            isFirst = false;
            continue;
          }
          settle();
          const row =
            what === 'stand-in'
              ? span(VenueRowKind.standIn, minute, minute + value, offset)
              : venue(
                  minute,
                  value === 0
                    ? { offset, open: 11, high: 11, low: 11, volume: 0 }
                    : { offset, volume: value },
                );
          whole.foldVenue([row]);
          spans.add(row);
          if (what === 'stand-in') continue;
          const known = told.get(row.fromMicros);
          if (known === undefined || known.volume !== row.volume)
            told.set(row.fromMicros, { ...row, version: offset });
        }
        settle();
        const isComplete = (_instrument: number, openTime: number): boolean =>
          !gaps.has((openTime - START) / MINUTE);
        const rowsOf = (of: CandleBuilder): CandleRow[] =>
          [FIRST_HOUR, FIRST_HOUR + HOUR].flatMap((hour) =>
            candleRows(of.hourRows('BINANCE', hour, isComplete)),
          );
        const ticks = candleColumns(100);
        for (const hour of [FIRST_HOUR, FIRST_HOUR + HOUR]) {
          const rows = ofTicks.hourRows('BINANCE', hour, isComplete);
          for (const name of Object.keys(ticks) as (keyof typeof ticks)[])
            if (name !== 'count') ticks[name].set(rows[name].subarray(0, rows.count), ticks.count);
          ticks.count += rows.count;
        }
        const joined = joinVenue(ticks, minutesOf([...told.values()]), { isComplete, spans });
        const plain = ({
          revision: _revision,
          version: _version,
          isClosed: _closed,
          ...row
        }: CandleRow): object => row;
        expect(rowsOf(whole).map(plain)).toEqual(candleRows(joined).map(plain));
      },
    ),
    { numRuns: 200 },
  );
});

function minutesOf(rows: readonly (VenueRow & { version: number })[]): VenueMinutes {
  const columns = { ...candleColumns(rows.length), isTraded: new Uint8Array(rows.length) };
  columns.count = rows.length;
  for (const [at, row] of rows.toSorted((a, b) => a.fromMicros - b.fromMicros).entries()) {
    columns.openTime[at] = row.fromMicros;
    for (const name of ['open', 'high', 'low', 'close', 'volume', 'version'] as const)
      columns[name][at] = row[name];
    columns.isClosed[at] = 1;
    columns.isComplete[at] = 1;
    columns.source[at] = CandleSource.venue;
    columns.isTraded[at] = isTraded(row) ? 1 : 0;
  }
  return columns;
}
