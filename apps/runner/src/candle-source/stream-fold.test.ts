import fc from 'fast-check';
import { expect, test } from 'vitest';
import { CandleFold } from './candle-fold.ts';
import { ALPHA, MINUTE, T0, minute, told, views } from './candle-fixture.ts';
import { MISSED_MAX, StreamFold } from './stream-fold.ts';
import type { StreamNews } from './stream-fold.ts';
import type { SourceEvent } from './source-event.ts';

const NEVER = -Infinity;

function fold(wanted: { warmUp?: number; consumedTo?: number } = {}): StreamFold {
  return new StreamFold({ instrument: ALPHA, interval: '1m', warmUp: 3, ...wanted });
}

function eventsOf({ history, events }: StreamNews): SourceEvent[] {
  return [...(history === undefined ? [] : [history]), ...events];
}

test('history warms up, then each closing is told once, however often it is looked at', () => {
  const stream = fold({ warmUp: 2 });
  const forming = minute(3, { isClosed: false, version: 13 });
  expect(told(eventsOf(stream.begin([minute(0), minute(1), minute(2), forming])))).toEqual([
    'warm 1',
    'warm 2',
    'forming 3',
  ]);
  expect(told(eventsOf(stream.take([minute(2), forming], NEVER)))).toEqual([]);
  expect(told(eventsOf(stream.take([minute(2), { ...forming, version: 14, close: 100 }], NEVER)))).toEqual([
    'forming 3',
  ]);
  const look = [minute(3, { version: 15 }), minute(4, { isClosed: false })];
  expect(told(eventsOf(stream.take(look, NEVER)))).toEqual(['closed 3', 'forming 4']);
  expect(told(eventsOf(stream.take(look, NEVER)))).toEqual([]);
});

test('a candle that closes without another version, as a longer one does, is told as closed', () => {
  const stream = fold();
  stream.begin([minute(0, { isClosed: false })]);
  expect(told(eventsOf(stream.take([minute(0)], NEVER)))).toEqual(['closed 0']);
});

test('what closed while the runner was down is told as missed, and what was consumed before is not', () => {
  const stream = fold({ consumedTo: T0 + 2 * MINUTE });
  const news = stream.begin([0, 1, 2, 3, 4].map((at) => minute(at)));
  expect(told(eventsOf(news))).toEqual(['warm 0', 'warm 1', 'warm 2', 'missed 3', 'missed 4']);
  expect(told(eventsOf(stream.take([minute(4), minute(5)], NEVER)))).toEqual(['closed 5']);
});

test('a stream that was never consumed has missed nothing', () => {
  expect(told(eventsOf(fold({ warmUp: 1 }).begin([minute(0), minute(1)])))).toEqual(['warm 1']);
});

test('what is there at the first look of a stream that began with nothing is history, and older history is not told one by one', () => {
  const stream = fold({ warmUp: 2 });
  expect(stream.begin([]).events).toEqual([]);
  const look = [2, 3, 4].map((at) => minute(at));
  expect(told(eventsOf(stream.take(look, NEVER)))).toEqual(['warm 3', 'warm 4']);
  expect(stream.lacksHistory).toBe(false);
  // An ingestor fetches the hours before its start after it has published its first minutes.
  expect(told(eventsOf(stream.take([minute(0), minute(1), ...look, minute(5)], NEVER)))).toEqual([
    'closed 5',
  ]);
});

test('a closed candle that changes is told as revised, once a change, and so is one that comes late', () => {
  const stream = fold();
  stream.begin([minute(0), minute(2)]);
  expect(told(eventsOf(stream.take([minute(0, { version: 40, close: 99 })], NEVER)))).toEqual(['revised 0']);
  expect(told(eventsOf(stream.take([minute(0, { version: 40, close: 99 })], NEVER)))).toEqual([]);
  expect(told(eventsOf(stream.take([minute(1), minute(2), minute(3)], NEVER)))).toEqual([
    'revised 1',
    'closed 3',
  ]);
  expect(told(eventsOf(stream.take([minute(2, { isComplete: false })], NEVER)))).toEqual(['revised 2']);
});

test('a view that calls a closed candle open again, as after a restart of its owner, is not told', () => {
  const stream = fold();
  stream.begin([minute(0), minute(1)]);
  expect(told(eventsOf(stream.take([minute(1, { isClosed: false })], NEVER)))).toEqual([]);
  expect(told(eventsOf(stream.take([minute(0, { isClosed: false, version: 99 })], NEVER)))).toEqual([]);
});

test('a candle that closed too long ago is told as missed: nothing may be ordered on it', () => {
  const stream = fold();
  stream.begin([minute(0)]);
  expect(told(eventsOf(stream.take([minute(1), minute(9)], T0 + 9 * MINUTE)))).toEqual([
    'missed 1',
    'closed 9',
  ]);
});

test('history that comes later begins the streams anew: warm-up first, and nothing that was told is told as closed again', () => {
  const all = new CandleFold({
    streams: [{ instrument: ALPHA, interval: '1m', warmUp: 3 }],
    maxSignalAgeMs: 600_000,
  });
  expect(told(all.begin(views([minute(5)])))).toEqual(['warm 5']);
  expect(told(all.take(views([minute(6)]), {}))).toEqual(['closed 6']);
  expect(all.lacksHistory).toBe(true);
  expect(all.hasMoreHistory(views([minute(5), minute(6)]))).toBe(false);
  const look = views([3, 4, 5, 6, 7].map((at) => minute(at)));
  expect(all.hasMoreHistory(look)).toBe(true);
  expect(told(all.beginAnew(look))).toEqual(['restart', 'warm 4', 'warm 5', 'warm 6', 'closed 7']);
  expect(all.lacksHistory).toBe(false);
  expect(told(all.take(look, {}))).toEqual([]);
});

test('more missed candles than are told one by one are counted, and the newest are told', () => {
  const stream = fold({ consumedTo: T0 });
  const candles = Array.from({ length: MISSED_MAX + 6 }, (_, at) => minute(at));
  const { events, skipped } = stream.begin(candles);
  expect(skipped).toBe(5);
  expect(events.filter((event) => event.phase === 'missed')).toHaveLength(MISSED_MAX);
  expect(told(events).at(-1)).toBe(`missed ${MISSED_MAX + 5}`);
});

test('whatever is looked at in whatever portions, every closing is told once and in order of time', () => {
  const look = fc.record({
    from: fc.nat({ max: 30 }),
    length: fc.nat({ max: 12 }),
    isLastForming: fc.boolean(),
  });
  fc.assert(
    fc.property(fc.array(look, { maxLength: 20 }), fc.nat({ max: 10 }), (looks, begin) => {
      const stream = fold();
      const counts = new Map<number, number>();
      let newest = -1;
      const take = ({ history, events }: StreamNews): void => {
        const warm = (history?.candles ?? []).map((candle) => ({ phase: 'warm', candle }));
        for (const { phase, candle } of [...warm, ...events]) {
          if (phase === 'forming') continue;
          const number = (candle.openTime - T0) / MINUTE;
          counts.set(number, (counts.get(number) ?? 0) + 1);
          if (phase === 'closed') expect(number).toBeGreaterThan(newest);
          if (phase !== 'revised') newest = Math.max(newest, number);
        }
      };
      take(stream.begin(Array.from({ length: begin }, (_, at) => minute(at))));
      for (const { from, length, isLastForming } of looks) {
        const candles = Array.from({ length }, (_, at) =>
          minute(from + at, isLastForming && at === length - 1 ? { isClosed: false } : {}),
        );
        take(stream.take(candles, NEVER));
      }
      expect([...counts.values()].every((count) => count === 1)).toBe(true);
    }),
  );
});
