import fc from 'fast-check';
import { expect, test } from 'vitest';
import { ReplayBuffer, oldestKept } from './replay-buffer.ts';

/** A message that says which it is. */
function message(topic: number, sequence: number, bytes: number): Buffer {
  const made = Buffer.alloc(bytes);
  made.writeUInt32LE(topic * 1_000_000 + sequence);
  return made;
}

test('the newest messages of each topic are kept within the limits, and none is taken for another', () => {
  const sent = fc.record({ topic: fc.nat({ max: 3 }), bytes: fc.integer({ min: 4, max: 40 }) });
  const limits = fc.record({
    topicMessages: fc.integer({ min: 1, max: 20 }),
    topicBytes: fc.integer({ min: 40, max: 200 }),
    totalBytes: fc.integer({ min: 40, max: 400 }),
  });
  fc.assert(
    fc.property(fc.array(sent, { maxLength: 300, size: 'max' }), limits, (messages, bounds) => {
      const buffer = new ReplayBuffer(bounds);
      let forgotten = 0;
      for (const { topic: number, bytes } of messages) {
        const topic = buffer.topic(`t${number}`);
        topic.sequence += 1;
        forgotten += buffer.keep(topic, message(number, topic.sequence, bytes));
        const all = [...buffer.topics()];
        expect(buffer.bytes).toBe(all.reduce((sum, { keptBytes }) => sum + keptBytes, 0));
        expect(buffer.bytes).toBeLessThanOrEqual(bounds.totalBytes);
        for (const { kept, keptBytes } of all) {
          expect(kept.length).toBeLessThanOrEqual(bounds.topicMessages);
          expect(keptBytes).toBeLessThanOrEqual(bounds.topicBytes);
        }
      }
      const kept = [...buffer.topics()].flatMap((topic) => topic.kept);
      expect(kept.length + forgotten).toBe(messages.length);
      for (const topic of buffer.topics()) {
        const number = Number(topic.name.slice(1));
        for (const [at, each] of topic.kept.entries())
          expect(each.readUInt32LE()).toBe(number * 1_000_000 + oldestKept(topic) + at);
      }
    }),
    { numRuns: 25 },
  );
});

test('a busy topic beside a quiet one leaves nothing behind, and the quiet one keeps its message', () => {
  const buffer = new ReplayBuffer({ topicMessages: 2 });
  const quiet = buffer.topic('quiet');
  quiet.sequence = 1;
  buffer.keep(quiet, message(0, 1, 8));
  const busy = buffer.topic('busy');
  for (let sent = 0; sent < 300_000; sent += 1) {
    busy.sequence += 1;
    buffer.keep(busy, message(1, 1, 8));
  }
  expect(quiet.kept).toHaveLength(1);
  expect(busy.kept).toHaveLength(2);
  // What the order of sending still holds of messages that have gone.
  expect(busy.goneInOrder).toBeLessThan(100_000);
});
