import { expect, test } from 'vitest';
import { Changes } from './changes.ts';

test('whoever waits is woken by the next change, once', async () => {
  const changes = new Changes();
  const woken: string[] = [];
  const waits = ['first', 'second'].map((name) => changes.next().then(() => woken.push(name)));
  changes.notify();
  await Promise.all(waits);
  changes.notify();
  expect(woken).toEqual(['first', 'second']);
  expect(changes.waiting).toBe(0);
});

test('whoever gives up waiting is forgotten, also while nothing ever changes', async () => {
  const changes = new Changes();
  for (let round = 0; round < 1_000; round += 1) {
    const given = new AbortController();
    const waiting = changes.next(given.signal);
    given.abort();
    await waiting;
  }
  expect(changes.waiting).toBe(0);
});

test('a signal that was aborted before is not waited for', async () => {
  const changes = new Changes();
  await changes.next(AbortSignal.abort());
  expect(changes.waiting).toBe(0);
});
