import { AssertionError } from 'node:assert';
import { describe, expect, test } from 'vitest';
import { TickwrightError } from '../errors.ts';
import { ManualClock } from '../clock/manual-clock.ts';
import { canRetry, retry } from './retry.ts';
import type { FailedTry } from './retry.ts';
import { SCHEDULES, withJitter } from './retry-schedule.ts';

const busy = new TickwrightError('busy', { code: 'busy', canRetry: true });
const noJitter = (): number => 0.5;

/** A piece of work that fails so often, and the times at which it was tried. */
function failing(times: number, error: unknown = busy) {
  const clock = new ManualClock();
  const triedAtMs: number[] = [];
  const work = async (attempt: number): Promise<string> => {
    triedAtMs.push(clock.monotonicMs());
    expect(attempt).toBe(triedAtMs.length);
    if (triedAtMs.length <= times) throw error;
    return await Promise.resolve('done');
  };
  return { clock, triedAtMs, work };
}

describe('retry', () => {
  test.each([
    ['flush', [0, 100, 300, 600]],
    ['aggregate', [0, 300, 900, 1800]],
    ['recoveryWrite', [0, 200, 600, 1200]],
    ['recoveryRead', [0, 100, 300, 600]],
    ['candleRead', [0, 100, 300, 600]],
  ] as const)(
    'the schedule %s tries at %j ms and then gives up with the last error',
    async (name, timesMs) => {
      const { clock, triedAtMs, work } = failing(99);
      const result = retry(work, { schedule: SCHEDULES[name], clock, random: noJitter });
      const settled = expect(result).rejects.toBe(busy);
      await clock.advance(10_000);
      await settled;
      expect(triedAtMs).toEqual(timesMs);
    },
  );

  test('jitter moves a wait by up to a fifth to either side', () => {
    expect([0, 0.5, 1].map((random) => withJitter(100, () => random))).toEqual([80, 100, 120]);
  });

  test('a success ends it, and every failure before was told with its wait', async () => {
    const { clock, triedAtMs, work } = failing(2);
    const failures: FailedTry[] = [];
    const result = retry(work, {
      schedule: SCHEDULES.flush,
      clock,
      random: noJitter,
      onFailure: (failure) => failures.push(failure),
    });
    await clock.advance(1_000);
    expect(await result).toBe('done');
    expect(triedAtMs).toEqual([0, 100, 300]);
    expect(failures).toEqual([
      { error: busy, attempt: 1, retryInMs: 100 },
      { error: busy, attempt: 2, retryInMs: 200 },
    ]);
  });

  test('the last failure is told without a wait', async () => {
    const failures: FailedTry[] = [];
    const { clock, work } = failing(9);
    const result = retry(work, { schedule: [], clock, onFailure: (failure) => failures.push(failure) });
    await expect(result).rejects.toBe(busy);
    expect(failures).toEqual([{ error: busy, attempt: 1 }]);
  });

  test.each([
    ['an operating error that says retrying is no help', new TickwrightError('no', { code: 'no' })],
    ['a TypeError', new TypeError('x is not a function')],
    ['a RangeError', new RangeError('out of range')],
    ['an assertion', new AssertionError({ message: 'wrong' })],
  ])('%s is thrown at once, as it is', async (_name, error) => {
    const { clock, triedAtMs, work } = failing(1, error);
    await expect(retry(work, { schedule: SCHEDULES.flush, clock })).rejects.toBe(error);
    expect(triedAtMs).toEqual([0]);
  });

  test('an unknown error, a broken fetch and something that is no Error are retried', () => {
    expect(canRetry(new Error('EBUSY'))).toBe(true);
    expect(canRetry(new TypeError('fetch failed', { cause: new Error('ECONNRESET') }))).toBe(true);
    expect(canRetry('gone')).toBe(true);
  });

  test('something thrown that is no Error comes out as it is', async () => {
    const { clock, work } = failing(1, 'gone');
    await expect(retry(work, { schedule: [], clock })).rejects.toBe('gone');
  });

  test('shouldRetry decides alone, for a TypeError too', async () => {
    const { clock, triedAtMs, work } = failing(1, new TypeError('odd'));
    const result = retry(work, { schedule: [50], clock, random: noJitter, shouldRetry: () => true });
    await clock.advance(50);
    expect(await result).toBe('done');
    expect(triedAtMs).toEqual([0, 50]);
    const never = failing(1);
    const refused = retry(never.work, { schedule: [50], clock: never.clock, shouldRetry: () => false });
    await expect(refused).rejects.toBe(busy);
  });

  test('an abort ends the wait at once with its reason, and nothing is tried again', async () => {
    const { clock, triedAtMs, work } = failing(9);
    const abort = new AbortController();
    const reason = new Error('stopping');
    const settled = expect(
      retry(work, { schedule: SCHEDULES.flush, clock, signal: abort.signal, random: noJitter }),
    ).rejects.toBe(reason);
    await clock.advance(150);
    abort.abort(reason);
    await settled;
    await clock.advance(10_000);
    expect(triedAtMs).toEqual([0, 100]);
    expect(clock.sleeping).toBe(0);
  });

  test('an abort before the first try prevents it', async () => {
    const { clock, triedAtMs, work } = failing(0);
    const reason = new Error('stopping');
    const signal = AbortSignal.abort(reason);
    await expect(retry(work, { schedule: [1], clock, signal })).rejects.toBe(reason);
    expect(triedAtMs).toEqual([]);
  });

  test('work that was done is not reported as undone because an abort came meanwhile', async () => {
    const abort = new AbortController();
    const work = async (): Promise<string> => {
      abort.abort(new Error('stopping'));
      return await Promise.resolve('committed');
    };
    expect(await retry(work, { schedule: [1], signal: abort.signal })).toBe('committed');
  });
});
