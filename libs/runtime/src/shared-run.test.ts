import { expect, test } from 'vitest';
import { SharedRun } from './shared-run.ts';

/** Waits until its signal is aborted. */
function endless(): SharedRun<string> {
  return new SharedRun(
    (signal) =>
      new Promise((resolve) => {
        if (signal.aborted) resolve('interrupted at once');
        signal.addEventListener('abort', () => resolve('interrupted'), { once: true });
      }),
  );
}

test('who asks while the work runs joins it, and the next one after its end begins it anew', async () => {
  let runs = 0;
  const ends: (() => void)[] = [];
  const shared = new SharedRun(async () => {
    runs += 1;
    await new Promise<void>((resolve) => {
      ends.push(resolve);
    });
    return runs;
  });
  const both = [shared.run(), shared.run()];
  expect(shared.isRunning).toBe(true);
  ends.pop()?.();
  expect(await Promise.all(both)).toEqual([1, 1]);
  expect(shared.isRunning).toBe(false);
  const next = shared.run();
  ends.pop()?.();
  expect(await next).toBe(2);
});

test('work that was begun without a signal is interrupted by the signal of one who joined it', async () => {
  const shared = endless();
  const first = shared.run();
  const ending = new AbortController();
  const joined = shared.run(ending.signal);
  ending.abort();
  expect(await Promise.all([first, joined])).toEqual(['interrupted', 'interrupted']);
});

test('a signal that is aborted already interrupts work that is under way, and work that it begins', async () => {
  const shared = endless();
  const first = shared.run();
  expect(await shared.run(AbortSignal.abort())).toBe('interrupted');
  expect(await first).toBe('interrupted');
  expect(await shared.run(AbortSignal.abort())).toBe('interrupted');
});

test('a failure is told to all who asked, and does not keep the next run from beginning', async () => {
  let fails = true;
  const shared = new SharedRun(async () => {
    if (fails) throw new Error('no');
    return 'done';
  });
  const signal = new AbortController().signal;
  const both = await Promise.allSettled([shared.run(signal), shared.run()]);
  expect(both.map(({ status }) => status)).toEqual(['rejected', 'rejected']);
  fails = false;
  expect(await shared.run()).toBe('done');
});
