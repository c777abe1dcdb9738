import fc from 'fast-check';
import { expect, test } from 'vitest';
import type { Gap } from '@tickwright/market';
import type { FeedCandle, FeedEvent } from '../feed-event.ts';
import { topics } from '../topic.ts';
import { KEYS, LossyLine, MINUTE, isUnfilled } from './lossy-line-fixture.ts';

/** `FEED_RUNS=5000` for long. */
const RUNS = Number(process.env['FEED_RUNS'] ?? 100);
const place = fc.nat({ max: 5 });
const instrument = fc.nat({ max: KEYS.length - 1 });
const action = fc.oneof(
  { weight: 6, arbitrary: fc.record({ do: fc.constant('tick' as const), instrument }) },
  {
    weight: 4,
    arbitrary: fc.record({
      do: fc.constant('candle' as const),
      instrument,
      minute: fc.nat({ max: 6 }),
      isClosed: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({
      do: fc.constant('gap' as const),
      instrument,
      id: fc.constantFrom('g1', 'g2'),
      state: fc.constantFrom('open' as const, 'filled' as const),
    }),
  },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('beat' as const) }) },
  {
    weight: 8,
    arbitrary: fc.record({
      do: fc.constantFrom('arrive' as const, 'lose' as const, 'double' as const),
      place,
    }),
  },
  { weight: 4, arbitrary: fc.record({ do: fc.constantFrom('answer' as const, 'answer arrives' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('lose question' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('wait' as const) }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('sync' as const) }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('room' as const), hasRoom: fc.boolean() }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('restart' as const), lost: fc.nat({ max: 4 }) }) },
);
type Action = typeof action extends fc.Arbitrary<infer A> ? A : never;

function play(line: LossyLine, step: Action): void {
  switch (step.do) {
    case 'tick':
      return line.tick(step.instrument);
    case 'candle': {
      const { isClosed, minute } = step;
      return line.candle(KEYS[step.instrument], { openMicros: minute * MINUTE, isClosed });
    }
    case 'gap':
      return line.gap(KEYS[step.instrument], { id: step.id, state: step.state });
    case 'beat':
      return line.sending.sendHeartbeat();
    case 'arrive':
      return line.arrive(Math.min(step.place, line.wire.length - 1));
    case 'lose':
      line.wire.splice(Math.min(step.place, line.wire.length - 1), 1);
      return;
    case 'double': {
      const found = line.wire[step.place];
      if (found !== undefined) line.wire.push(found);
      return;
    }
    case 'answer':
      return line.answer();
    case 'answer arrives':
      return line.arriveAnswer();
    case 'lose question':
      line.questions.shift();
      return;
    case 'wait':
      line.nowMs += 700;
      return line.sync.next();
    case 'sync':
      line.sent.durableOffset = line.sent.offset;
      return;
    case 'room':
      line.hasRoom = step.hasRoom;
      return;
    case 'restart':
      return line.restart(Math.max(line.sent.durableOffset, line.sent.offset - step.lost));
  }
}

/** What a consumer knows in the end that does as the documentation of `FeedEvent` says. */
function consumed(events: readonly FeedEvent[]) {
  const candles = new Map<string, Map<number, FeedCandle>>();
  const gaps = new Map<string, Map<string, Gap>>();
  for (const event of events) {
    if (event.type === 'resync' && event.reason === 'epoch') {
      for (const known of candles.values())
        for (const [open, candle] of known) if (candle.version >= event.offset) known.delete(open);
    }
    if (event.type === 'candles') {
      const known = candles.get(event.instrument) ?? new Map<number, FeedCandle>();
      candles.set(event.instrument, known);
      for (const candle of event.candles) known.set(candle.openMicros, candle);
    }
    if (event.type === 'gaps') {
      const known = event.isSnapshot
        ? new Map<string, Gap>()
        : (gaps.get(event.instrument) ?? new Map<string, Gap>());
      gaps.set(event.instrument, known);
      for (const gap of event.gaps) known.set(gap.id, gap);
    }
  }
  return { candles, gaps };
}

test('whatever is lost, doubled, put out of order or started anew: all is whole afterwards, in order and none twice', () => {
  const limits = fc.record({ topicMessages: fc.constantFrom(2, 8, 1_000) });
  fc.assert(
    fc.property(fc.array(action, { minLength: 1, maxLength: 120, size: 'max' }), limits, (steps, bounds) => {
      const line = new LossyLine({ limits: bounds });
      line.sync.next();
      for (const step of steps) play(line, step);
      line.heal();
      const { candles, gaps } = consumed(line.events);
      for (const key of KEYS) {
        expect(candles.get(key) ?? new Map()).toEqual(line.sent.candles.get(key));
        expect(unfilled(gaps.get(key))).toEqual(unfilled(line.sent.gaps.get(key)));
      }
      expectTicksWhole(line);
      expectNothingTwice(line.events);
    }),
    { numRuns: RUNS },
  );
});

function unfilled(gaps: ReadonlyMap<string, Gap> | undefined): Gap[] {
  return [...(gaps?.values() ?? [])].filter(isUnfilled).sort((a, b) => (a.id < b.id ? -1 : 1));
}

/** After the last `live`, every tick that was sent since the snapshot came, in order, or is told as missed. */
function expectTicksWhole(line: LossyLine): void {
  const live = line.events.findLastIndex(({ type }) => type === 'live');
  expect(live).toBeGreaterThanOrEqual(0);
  for (const key of KEYS) {
    const topic = topics.tick(key);
    const sent = line.sentTicks.get(line.epoch)?.get(topic) ?? [];
    const found = line.events.slice(live).flatMap((event) => {
      if (event.type === 'missed' && event.topic === topic)
        return Array.from(
          { length: event.toSequence - event.fromSequence + 1 },
          (_, at) => event.fromSequence + at,
        );
      if (event.type !== 'ticks' || event.topic !== topic) return [];
      expect(event.ticks.price[0]).toBe(sent[event.sequence - 1]);
      return [event.sequence];
    });
    const first = found[0] ?? sent.length + 1;
    expect(found).toEqual(Array.from({ length: sent.length - first + 1 }, (_, at) => first + at));
  }
}

/** Within an epoch, no message twice and none before an earlier one. */
function expectNothingTwice(events: readonly FeedEvent[]): void {
  const last = new Map<string, number>();
  const told = new Set<string>();
  for (const event of events) {
    if (event.type === 'resync') told.clear();
    if (!('sequence' in event)) continue;
    const name = `${event.epoch} ${event.topic}`;
    const before = last.get(name) ?? -1;
    if (event.isSnapshot) expect(event.sequence).toBeGreaterThanOrEqual(before);
    else expect(event.sequence).toBeGreaterThan(before);
    last.set(name, event.sequence);
    if (event.type !== 'candles') continue;
    for (const { openMicros, version, isClosed } of event.candles) {
      const mark = `${name} ${openMicros} ${version} ${isClosed}`;
      expect(told.has(mark)).toBe(false);
      told.add(mark);
    }
  }
}
