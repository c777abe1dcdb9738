import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { BoundedQueue, QueueEndedError } from './bounded-queue.ts';

async function readAll<T>(queue: BoundedQueue<T>): Promise<T[]> {
  const items: T[] = [];
  for await (const item of queue) items.push(item);
  return items;
}

/** Lets every promise that can go on do so. */
async function settle(): Promise<void> {
  await new Promise<void>((resolve) => {
    setImmediate(resolve);
  });
}

describe('a queue that waits', () => {
  test('lets a writer wait while it is full and takes its item in its turn', async () => {
    const queue = new BoundedQueue<number>({ capacity: 2, whenFull: 'wait' });
    expect([queue.write(1), queue.write(2)]).toEqual([undefined, undefined]);
    let isIn = false;
    const third = queue.write(3)?.then(() => (isIn = true));
    await settle();
    expect({ isIn, depth: queue.depth }).toEqual({ isIn: false, depth: 2 });
    const reader = queue[Symbol.asyncIterator]();
    expect((await reader.next()).value).toBe(1);
    await third;
    expect(isIn).toBe(true);
    expect((await reader.next()).value).toBe(2);
    expect((await reader.next()).value).toBe(3);
    expect({ depth: queue.depth, dropped: queue.dropped }).toEqual({ depth: 0, dropped: 0 });
  });

  test('loses and reorders nothing, whatever the capacity and the pace of writer and reader', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 1, max: 5 }),
        fc.array(fc.boolean(), { maxLength: 40 }),
        async (capacity, pauses) => {
          const queue = new BoundedQueue<number>({ capacity, whenFull: 'wait' });
          const written = (async () => {
            for (const [index, pause] of pauses.entries()) {
              if (pause) await Promise.resolve();
              await queue.write(index);
            }
            queue.finish();
          })();
          const items = await readAll(queue);
          await written;
          expect(items).toEqual([...pauses.keys()]);
        },
      ),
      { numRuns: 60 },
    );
  });

  test('a thousand writers that do not wait are a mistake and are told so', async () => {
    const queue = new BoundedQueue<number>({ capacity: 1, whenFull: 'wait' });
    const writes = Array.from({ length: 1_026 }, (_, index) => queue.write(index));
    await expect(writes[1_025]).rejects.toThrow(RangeError);
    queue.finish();
    expect(await readAll(queue)).toHaveLength(1_025);
    await Promise.all(writes.slice(0, 1_025));
  });
});

test('a queue that drops keeps the newest and counts the rest', async () => {
  const queue = new BoundedQueue<number>({ capacity: 3, whenFull: 'dropOldest' });
  for (let item = 1; item <= 10; item += 1) expect(queue.write(item)).toBeUndefined();
  expect({ depth: queue.depth, dropped: queue.dropped }).toEqual({ depth: 3, dropped: 7 });
  queue.finish();
  expect(await readAll(queue)).toEqual([8, 9, 10]);
});

describe('the ends of a queue', () => {
  test('finish gives the reader what was written, that of waiting writers too, and then ends it', async () => {
    const queue = new BoundedQueue<number>({ capacity: 1, whenFull: 'wait' });
    void queue.write(1);
    const waiting = queue.write(2);
    queue.finish();
    expect(await readAll(queue)).toEqual([1, 2]);
    await waiting;
    expect(() => queue.write(3)).toThrow(QueueEndedError);
  });

  test('fail gives the reader what was written and then the error, once', async () => {
    const queue = new BoundedQueue<number>({ capacity: 2, whenFull: 'wait' });
    void queue.write(1);
    queue.fail(new Error('the socket broke'));
    const reader = queue[Symbol.asyncIterator]();
    expect((await reader.next()).value).toBe(1);
    await expect(reader.next()).rejects.toThrow('the socket broke');
    expect((await reader.next()).done).toBe(true);
  });

  test('a reader that is waiting hears of each end', async () => {
    for (const [end, outcome] of [
      ['finish', 'done'],
      ['fail', 'failed'],
      ['close', 'done'],
    ] as const) {
      const queue = new BoundedQueue<number>({ capacity: 1, whenFull: 'wait' });
      const reading = readAll(queue).then(
        () => 'done',
        () => 'failed',
      );
      await settle();
      if (end === 'fail') queue.fail(new Error('broken'));
      else queue[end]();
      expect(await reading).toBe(outcome);
    }
  });

  test('close throws everything away, counts it, and refuses the writers that wait', async () => {
    const queue = new BoundedQueue<number>({ capacity: 1, whenFull: 'wait' });
    void queue.write(1);
    const refused = expect(queue.write(2)).rejects.toThrow(QueueEndedError);
    queue.close();
    await refused;
    expect(await readAll(queue)).toEqual([]);
    expect(queue.dropped).toBe(1);
  });

  test('leaving a for-await closes the queue, also during a pending read', async () => {
    const queue = new BoundedQueue<number>({ capacity: 2, whenFull: 'wait' });
    const reader = queue[Symbol.asyncIterator]();
    const pending = reader.next();
    await reader.return?.();
    expect((await pending).done).toBe(true);
    expect(() => queue.write(1)).toThrow(QueueEndedError);
  });

  test('a second reader at the same time is a mistake and is told so', async () => {
    const queue = new BoundedQueue<number>({ capacity: 2, whenFull: 'wait' });
    const reader = queue[Symbol.asyncIterator]();
    const first = reader.next();
    await expect(reader.next()).rejects.toThrow(RangeError);
    void queue.write(7);
    expect((await first).value).toBe(7);
  });
});
