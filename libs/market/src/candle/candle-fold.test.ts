import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CandleBuilder } from './candle-builder.ts';
import type { CandleStateColumns } from './candle-state.ts';
import { candleStateColumns } from './candle-state.ts';
import { toUnits } from './exact-sum.ts';
import { decimalSum, inOrder, referenceFold, referenceRows } from './reference-candles-fixture.ts';
import type { FoldEvent, ReferenceCandle } from './reference-candles-fixture.ts';
import { rollUp } from '../roll-up/roll-up.ts';
import { calendars } from '../session/session-calendar.ts';
import { TickKind } from '../tick/tick-batch.ts';
import type { CandleRow, TickRow } from './candle-fixture.ts';
import {
  MINUTE,
  SECOND,
  START,
  allRows,
  batchOf,
  candleRows,
  columnsOf,
  threeInstruments,
} from './candle-fixture.ts';

const table = threeInstruments();
const makeBuilder = (): CandleBuilder =>
  new CandleBuilder({ instruments: table, calendars, memoryHours: 24 });

/**
 * Forty minutes around the NSE's open, across an hour's end. Times come in steps of 5 s so that many ticks share one; a
 * tick is up to two minutes late; frames hold several ticks; trade ids are unique, and do not follow the arrival.
 */
const drawn = fc.record({
  step: fc.integer({ min: 0, max: 8 }),
  lateness: fc.oneof(
    { weight: 3, arbitrary: fc.constant(0) },
    { weight: 1, arbitrary: fc.integer({ min: 0, max: 24 }) },
  ),
  instrument: fc.integer({ min: 0, max: 2 }),
  price: fc.integer({ min: 1, max: 50 }),
  units: fc.integer({ min: 0, max: 2 ** 31 - 1 }),
  kind: fc.constantFrom(TickKind.trade, TickKind.trade, TickKind.trade, TickKind.conflated, TickKind.quote),
  isNewFrame: fc.boolean(),
  isClock: fc.integer({ min: 0, max: 7 }).map((value) => value === 0),
});

const events: fc.Arbitrary<FoldEvent[]> = fc.array(drawn, { minLength: 1, maxLength: 120 }).chain((draws) =>
  fc
    .shuffledSubarray(
      draws.map((_, at) => at),
      { minLength: draws.length },
    )
    .map((ids) => {
      let time = START;
      let offset = 10;
      let index = 0;
      return draws.map((draw, at): FoldEvent => {
        time += draw.step * 5 * SECOND;
        index = draw.isNewFrame || draw.isClock ? 0 : index + 1;
        if (index === 0) offset += 1;
        if (draw.isClock) return { type: 'clock', receiveTime: time + 1_250_000, offset: offset++ };
        const decimals = table.at(draw.instrument).quantityDecimals;
        const tick = {
          instrument: draw.instrument,
          eventTime: time - draw.lateness * 5 * SECOND,
          price: draw.price / 100,
          volume: Number(`${draw.units}e-${decimals}`),
          offset,
          index,
          kind: draw.kind,
        };
        return { type: 'tick', tick: draw.instrument === 2 ? tick : { ...tick, tradeId: ids[at] } };
      });
    }),
);

/** Feeds events; ticks wait for the next cut or clock frame to be folded as one batch. */
function feed(
  builder: CandleBuilder,
  all: readonly FoldEvent[],
  isCut: (at: number) => boolean,
): CandleBuilder {
  let waiting: TickRow[] = [];
  const flush = (): void => {
    builder.fold(batchOf(waiting));
    waiting = [];
  };
  for (const [at, event] of all.entries()) {
    if (event.type === 'tick') waiting.push(event.tick);
    if (event.type === 'clock' || isCut(at)) flush();
    if (event.type === 'clock') builder.clock(event.receiveTime, event.offset);
  }
  flush();
  return builder;
}

const ticksOf = (all: readonly FoldEvent[]): TickRow[] =>
  all.flatMap((event) => (event.type === 'tick' ? [event.tick] : []));

function numbersOnly({
  instrument,
  openTime,
  open,
  high,
  low,
  close,
  volume,
  tradeCount,
}: CandleRow): object {
  return { instrument, openTime, open, high, low, close, volume, tradeCount };
}

/** Memory that starts an hour early keeps late first ticks from being "not in memory". */
function roomyBuilder(): CandleBuilder {
  const builder = makeBuilder();
  builder.startAt(START - (START % (60 * MINUTE)));
  return builder;
}

test('the builder equals a plain fold over objects in every column', () => {
  fc.assert(
    fc.property(events, (all) => {
      const builder = feed(roomyBuilder(), all, () => false);
      expect(allRows(builder, table)).toEqual(referenceRows(referenceFold(all, table), table));
    }),
    { numRuns: 300 },
  );
});

test('the same frames give the same candles however they are cut into batches', () => {
  fc.assert(
    fc.property(events, fc.array(fc.boolean(), { minLength: 120, maxLength: 120 }), (all, cuts) => {
      const whole = feed(makeBuilder(), all, () => false);
      const cut = makeBuilder();
      feed(cut, all, (at) => {
        // Publishing and sending in between must not disturb the fold.
        if (cuts[at]) cut.takeChangedHours();
        if (cuts[at + 1]) cut.takeChangedCandles(() => true);
        return cuts[at];
      });
      expect(allRows(cut, table)).toEqual(allRows(whole, table));
      expect(cut.counts).toEqual(whole.counts);
      expect(cut.takeUnloaded()).toEqual(whole.takeUnloaded());
    }),
  );
});

test('the same ticks give the same prices and volumes in whatever order they arrive', () => {
  const shuffled = events
    .map(ticksOf)
    .chain((ticks) => fc.tuple(fc.constant(ticks), fc.shuffledSubarray(ticks, { minLength: ticks.length })));
  fc.assert(
    fc.property(shuffled, ([ticks, mixed]) => {
      const fold = (rows: readonly TickRow[]): object[] => {
        const builder = roomyBuilder();
        builder.fold(batchOf(rows));
        return allRows(builder, table).map(numbersOnly);
      };
      expect(fold(mixed)).toEqual(fold(ticks));
    }),
  );
});

test('volume is conserved, and high and low enclose open and close', () => {
  fc.assert(
    fc.property(events, (all) => {
      const rows = allRows(
        feed(roomyBuilder(), all, () => false),
        table,
      );
      for (const row of rows) {
        expect(row.high).toBeGreaterThanOrEqual(Math.max(row.open, row.close));
        expect(row.low).toBeLessThanOrEqual(Math.min(row.open, row.close));
      }
      for (const [number, { quantityDecimals, calendar }] of table.list().entries()) {
        const traded = ticksOf(all).filter(
          ({ instrument, eventTime, kind }) =>
            instrument === number &&
            kind !== TickKind.quote &&
            calendars(calendar).sessionAt(eventTime) !== undefined,
        );
        const sum = (values: readonly { volume: number }[]): number =>
          decimalSum(
            values.map(({ volume }) => volume),
            quantityDecimals,
          );
        expect(sum(rows.filter(({ instrument }) => instrument === number))).toBe(sum(traded));
      }
    }),
  );
});

test('candles rolled up to 5m equal the plain fold at 5m', () => {
  fc.assert(
    fc.property(events, (all) => {
      const minutes = columnsOf(
        allRows(
          feed(roomyBuilder(), all, () => false),
          table,
        ),
      );
      const rolled = rollUp(minutes, {
        interval: '5m',
        instruments: table,
        calendars,
        closedBefore: Infinity,
      });
      const expected = referenceRows(referenceFold(all, table, '5m'), table);
      expect(candleRows(rolled).map(numbersOnly)).toEqual(expected.map(numbersOnly));
    }),
  );
});

test('a fold that goes on from loaded candles ends where the uninterrupted one does', () => {
  fc.assert(
    fc.property(events, fc.nat({ max: 120 }), (all, at) => {
      const before = all.slice(0, at);
      const builder = roomyBuilder();
      builder.load(statesOf(referenceFold(before, table)));
      feed(builder, all.slice(at), () => false);
      const expected = referenceRows(referenceFold(all, table), table);
      expect(allRows(builder, table).map(numbersOnly)).toEqual(expected.map(numbersOnly));
    }),
  );
});

/** What SQL would compute from the stored ticks of these candles. */
function statesOf(candles: readonly ReferenceCandle[]): CandleStateColumns {
  const states = candleStateColumns(candles.length);
  const rows = candles.map((candle) => ({ candle, row: referenceRows([candle], table)[0] }));
  for (const { candle, row } of rows) {
    const at = states.count++;
    const ticks = inOrder(candle.ticks);
    const [first, last] = [ticks[0], ticks[ticks.length - 1]];
    const { quantityDecimals } = table.at(row.instrument);
    const units = BigInt(row.volume.toFixed(quantityDecimals).replace('.', ''));
    states.instrument[at] = row.instrument;
    for (const name of ['openTime', 'open', 'high', 'low', 'close', 'tradeCount', 'isClosed'] as const) {
      states[name][at] = row[name];
    }
    states.volumeLow[at] = Number(units % 2n ** 52n);
    states.volumeHigh[at] = Number(units / 2n ** 52n);
    expect(toUnits(states.volumeLow[at], states.volumeHigh[at])).toBe(units);
    states.version[at] = row.version;
    states.firstEventTime[at] = first.eventTime;
    states.firstTradeId[at] = first.tradeId ?? -1;
    states.firstOffset[at] = first.offset;
    states.firstIndex[at] = first.index ?? 0;
    states.lastEventTime[at] = last.eventTime;
    states.lastTradeId[at] = last.tradeId ?? -1;
    states.lastOffset[at] = last.offset;
    states.lastIndex[at] = last.index ?? 0;
  }
  return states;
}
