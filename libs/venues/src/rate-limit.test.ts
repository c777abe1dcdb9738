import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { RateLimitedError } from './errors.ts';
import { TokenBuckets } from './rate-limit.ts';

const path = '/x';

test('what is at hand is taken at once, what is not is waited for', async () => {
  const clock = new ManualClock();
  const buckets = new TokenBuckets({ budgets: [{ capacity: 2, perSecond: 4 }], clock, maxWaitMs: 60_000 });
  const atMs: number[] = [];
  const takes = (async () => {
    for (let i = 0; i < 6; i++) {
      await buckets.take(1, { path });
      atMs.push(clock.monotonicMs());
    }
  })();
  for (let i = 0; i < 200; i++) await clock.advance(10);
  await takes;
  expect(atMs).toEqual([0, 0, 250, 500, 750, 1000]);
});

test('no window gets more than its capacity and what is refilled in it, whatever the weights', async () => {
  const clock = new ManualClock();
  const budgets = [
    { capacity: 50, perSecond: 20 },
    { capacity: 120, perSecond: 5 },
  ];
  const buckets = new TokenBuckets({ budgets, clock, maxWaitMs: 600_000 });
  const taken: { atMs: number; weight: number }[] = [];
  const takes = (async () => {
    for (let i = 0; i < 40; i++) {
      const weight = 1 + ((i * 7) % 20);
      await buckets.take(weight, { path });
      taken.push({ atMs: clock.monotonicMs(), weight });
    }
  })();
  for (let i = 0; i < 1_000; i++) await clock.advance(100);
  await takes;
  for (const [from, { atMs: fromMs }] of taken.entries()) {
    let weight = 0;
    for (const { atMs, weight: each } of taken.slice(from)) {
      weight += each;
      for (const { capacity, perSecond } of budgets) {
        expect(weight).toBeLessThanOrEqual(capacity + (perSecond * (atMs - fromMs)) / 1000 + 20);
      }
    }
  }
});

test('a wait that is too long is refused with its length, and costs no weight', async () => {
  const clock = new ManualClock();
  const buckets = new TokenBuckets({ budgets: [{ capacity: 10, perSecond: 1 }], clock, maxWaitMs: 2_000 });
  await buckets.take(10, { path });
  const error = await buckets.take(5, { path }).catch((caught: unknown) => caught);
  expect(error).toBeInstanceOf(RateLimitedError);
  expect(error).toMatchObject({ retryAfterMs: 5_000 });
  await clock.advance(5_000);
  await buckets.take(5, { path });
});

test('a request that weighs more than a bucket holds waits for a full one', async () => {
  const clock = new ManualClock();
  const buckets = new TokenBuckets({ budgets: [{ capacity: 4, perSecond: 1 }], clock, maxWaitMs: 60_000 });
  await buckets.take(9, { path });
  let isTaken = false;
  const take = buckets.take(1, { path }).then(() => (isTaken = true));
  await clock.advance(5_900);
  expect(isTaken).toBe(false);
  await clock.advance(200);
  await take;
});
