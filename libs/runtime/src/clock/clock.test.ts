import { describe, expect, test } from 'vitest';
import { ManualClock } from './manual-clock.ts';
import { systemClock, wallClock } from './system-clock.ts';

describe('the system clock', () => {
  test('tells whole microseconds, close to the wall clock, with digits below a millisecond', () => {
    const samples = Array.from({ length: 200 }, () => systemClock.nowMicros());
    expect(samples.every((micros) => Number.isSafeInteger(micros))).toBe(true);
    expect(Math.abs(systemClock.nowMicros() - Date.now() * 1_000)).toBeLessThan(10_000);
    expect(samples.some((micros) => micros % 1_000 !== 0)).toBe(true);
  });

  test('follows a step of the wall clock forwards and backwards, and keeps its digits otherwise', () => {
    const time = { wallMs: 1_700_000_000_000, monotonicMs: 50.25 };
    const clock = wallClock({ wallMs: () => time.wallMs, monotonicMs: () => time.monotonicMs });
    expect(clock.nowMicros()).toBe(1_700_000_000_000_000);
    time.monotonicMs += 1.5;
    time.wallMs += 1;
    expect(clock.nowMicros()).toBe(1_700_000_000_001_500);
    time.wallMs += 60_000;
    expect(clock.nowMicros()).toBe(1_700_000_060_001_000);
    time.wallMs -= 3_600_000;
    expect(clock.nowMicros()).toBe(1_699_996_460_001_000);
    time.monotonicMs += 0.75;
    expect(clock.nowMicros()).toBe(1_699_996_460_001_750);
  });

  test('a sleep that is aborted rejects with the very reason of the abort', async () => {
    const reason = new Error('enough');
    const abort = new AbortController();
    const sleep = systemClock.sleep(60_000, abort.signal);
    abort.abort(reason);
    await expect(sleep).rejects.toBe(reason);
    await expect(systemClock.sleep(1, abort.signal)).rejects.toBe(reason);
  });

  test('refuses a sleep that timers would cut short', async () => {
    await expect(systemClock.sleep(2 ** 31)).rejects.toThrow(RangeError);
    await expect(systemClock.sleep(Number.NaN)).rejects.toThrow(RangeError);
    await systemClock.sleep(1);
  });
});

describe('the manual clock', () => {
  test('wakes sleepers in the order of their times, each at its own time', async () => {
    const clock = new ManualClock({ startMicros: 1_000_000 });
    const woken: string[] = [];
    const sleeper = async (name: string, ms: number): Promise<void> => {
      await clock.sleep(ms);
      woken.push(`${name}@${clock.nowMicros()}`);
    };
    const all = Promise.all([sleeper('c', 30), sleeper('a', 10), sleeper('b', 20), sleeper('b2', 20)]);
    await clock.advance(29);
    expect(woken).toEqual(['a@1010000', 'b@1020000', 'b2@1020000']);
    await clock.advance(1);
    await all;
    expect(woken).toHaveLength(4);
    expect(clock.nowMicros()).toBe(1_030_000);
  });

  test('a loop that sleeps again is woken again within one advance', async () => {
    const clock = new ManualClock();
    const ticks: number[] = [];
    const abort = new AbortController();
    const loop = (async () => {
      for (;;) {
        await clock.sleep(100, abort.signal);
        ticks.push(clock.monotonicMs());
      }
    })();
    await clock.advance(350);
    expect(ticks).toEqual([100, 200, 300]);
    abort.abort(new Error('stop'));
    await expect(loop).rejects.toThrow('stop');
    expect(clock.sleeping).toBe(0);
  });

  test('a step of the wall clock wakes nobody and leaves monotonic time alone', async () => {
    const clock = new ManualClock({ startMicros: 5_000 });
    let awake = false;
    const sleep = (async () => {
      await clock.sleep(10);
      awake = true;
    })();
    clock.set(9_000_000_000);
    await clock.advance(5);
    expect({ awake, now: clock.nowMicros(), monotonic: clock.monotonicMs() }).toEqual({
      awake: false,
      now: 9_000_005_000,
      monotonic: 5,
    });
    await clock.advance(5);
    await sleep;
  });
});
