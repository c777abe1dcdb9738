import { expect, test } from 'vitest';
import { Turns } from './turns.ts';

test('so many go on at a time, the others in order of asking, and one that leaves is passed over', async () => {
  const turns = new Turns(2);
  const went: number[] = [];
  const ask = async (name: number, signal?: AbortSignal): Promise<() => void> => {
    const giveBack = await turns.take(signal);
    went.push(name);
    return giveBack;
  };
  const leaving = new AbortController();
  const asked = [ask(1), ask(2), ask(3), ask(4, leaving.signal), ask(5)];
  const [first, second] = await Promise.all(asked.slice(0, 2));
  expect([went, turns.waiting]).toEqual([[1, 2], 3]);
  leaving.abort(new Error('the client went away'));
  await expect(asked[3]).rejects.toThrow('the client went away');
  first?.();
  await asked[2];
  second?.();
  const [third, fifth] = await Promise.all([asked[2], asked[4]]);
  expect([went, turns.waiting]).toEqual([[1, 2, 3, 5], 0]);
  third?.();
  fifth?.();
  const again = [await ask(6), await ask(7)];
  expect(went.slice(-2)).toEqual([6, 7]);
  for (const giveBack of again) giveBack();
  await expect(turns.take(leaving.signal)).rejects.toThrow('the client went away');
});
