import { expect, test } from 'vitest';
import { KEYS, LossyLine } from './lossy-line-fixture.ts';

/** A line on which all is well: the snapshot is taken, a heartbeat was heard, and sequences were compared. */
function goodLine(options: ConstructorParameters<typeof LossyLine>[0] = {}): LossyLine {
  const line = new LossyLine(options);
  line.sync.next();
  line.heal();
  expect(line.sync.isLive).toBe(true);
  return line;
}

function prices(line: LossyLine): number[] {
  return line.events.flatMap((event) => (event.type === 'ticks' ? [...event.ticks.price] : []));
}

function settle(line: LossyLine): void {
  for (let turn = 0; turn < 5; turn += 1) {
    line.answer();
    line.arriveAnswer();
  }
}

test('a lost last message is noticed by the next heartbeat alone', () => {
  const line = goodLine();
  line.tick(0);
  line.wire.length = 0;
  line.sending.sendHeartbeat();
  line.arrive();
  expect(line.questions).toMatchObject([{ ask: 'replay', ranges: [['tick/SIM|A/', 1, 1]] }]);
  settle(line);
  expect(prices(line)).toEqual([1]);
  expect(line.counts).toMatchObject({ lost: 1, replayed: 1 });
});

test('who missed so many heartbeats that none names the lost message compares all sequences', () => {
  const line = goodLine();
  line.tick(0);
  for (let beat = 0; beat < 5; beat += 1) line.sending.sendHeartbeat();
  line.wire.splice(0, line.wire.length - 1);
  line.arrive();
  expect(line.questions).toMatchObject([{ ask: 'sequences' }]);
  settle(line);
  expect(prices(line)).toEqual([1]);
});

test('a state that was given before a later message arrived does not come after it', () => {
  const line = goodLine({ limits: { topicMessages: 1 } });
  const [key] = KEYS;
  line.candle(key, { openMicros: 0 });
  line.candle(key, { openMicros: 0 });
  // The second comes first; the first is no longer kept: the answer is the state, and on its way.
  line.arrive(1);
  line.answer();
  line.candle(key, { openMicros: 0, close: 99 });
  line.arrive();
  line.arrive();
  expect(line.counts.early).toBe(1);
  line.arriveAnswer();
  const told = line.events.flatMap((event) => (event.type === 'candles' ? event.candles : []));
  expect(told.map(({ version }) => version)).toEqual(
    told.map(({ version }) => version).toSorted((a, b) => a - b),
  );
  expect(told.at(-1)?.close).toBe(99);
});

test('one question is open at a time, and it is asked again when no answer comes', () => {
  const line = new LossyLine();
  line.sync.next();
  line.sync.next();
  expect(line.questions).toHaveLength(1);
  line.nowMs += 1_500;
  line.sync.next();
  expect(line.questions).toHaveLength(2);
  expect(line.counts.unanswered).toBe(1);
  // The answer to the first comes after all and is let go: the second one's is waited for.
  line.answer();
  line.arriveAnswer();
  expect(line.sync.isLive).toBe(false);
  settle(line);
  expect(line.sync.isLive).toBe(true);
});

test('prefixes that fit none of the topics are told when the snapshot is whole', () => {
  const line = goodLine();
  expect(line.events.find(({ type }) => type === 'live')).toMatchObject({ unmatched: [] });
});
