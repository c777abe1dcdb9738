import { getEventListeners } from 'node:events';
import { expect, test } from 'vitest';
import { linkedSignal } from './linked-signal.ts';

test('it is aborted with the reason of the first of its signals', () => {
  const [first, second] = [new AbortController(), new AbortController()];
  using linked = linkedSignal(first.signal, second.signal);
  expect(linked.signal.aborted).toBe(false);
  second.abort('second');
  first.abort('first');
  expect(linked.signal.reason).toBe('second');
});

test('of a signal that was aborted before it is aborted at once', () => {
  using linked = linkedSignal(new AbortController().signal, AbortSignal.abort('gone'));
  expect(linked.signal.reason).toBe('gone');
});

test('aborted by itself it leaves the others as they are', () => {
  const parent = new AbortController();
  using linked = linkedSignal(parent.signal);
  linked.abort();
  expect([linked.signal.aborted, parent.signal.aborted]).toEqual([true, false]);
});

test('a signal that lives on keeps nothing of one that was disposed of', () => {
  const parent = new AbortController();
  for (let time = 0; time < 1_000; time += 1) {
    using linked = linkedSignal(parent.signal);
    expect(linked.signal.aborted).toBe(false);
  }
  expect(getEventListeners(parent.signal, 'abort')).toHaveLength(0);
  // AbortSignal.any would keep a thousand here.
  const kept = Object.getOwnPropertySymbols(parent.signal).map(
    (name) => Reflect.get(parent.signal, name) as unknown,
  );
  expect(kept.filter((value) => value instanceof Set && value.size > 0)).toEqual([]);
});

test('many may wait on one signal without a warning that it may be a leak', async () => {
  const warnings: Error[] = [];
  const hear = (warning: Error): void => void warnings.push(warning);
  process.on('warning', hear);
  const parent = new AbortController();
  const linked = Array.from({ length: 30 }, () => linkedSignal(parent.signal));
  // Warnings are told after the turn.
  await new Promise(setImmediate);
  process.off('warning', hear);
  for (const each of linked) each[Symbol.dispose]();
  expect(warnings).toEqual([]);
});
