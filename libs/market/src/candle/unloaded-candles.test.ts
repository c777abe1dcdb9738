import { expect, test } from 'vitest';
import { MAX_UNLOADED_PER_INSTRUMENT, UnloadedCandles } from './unloaded-candles.ts';

const MINUTE = 60_000_000;

test('a minute that several ticks touched is told once, with the newest offset and the oldest', () => {
  const unloaded = new UnloadedCandles();
  unloaded.addMinute(1, MINUTE, 8);
  unloaded.addMinute(1, MINUTE, 7);
  unloaded.addMinute(2, MINUTE, 9);
  expect(unloaded.take()).toEqual([
    { instrument: 1, openTime: MINUTE, closeTime: 2 * MINUTE, offset: 8, since: 7 },
    { instrument: 2, openTime: MINUTE, closeTime: 2 * MINUTE, offset: 9, since: 9 },
  ]);
  expect(unloaded.take()).toEqual([]);
});

test('a minute and a longer span from the same time become the longer span', () => {
  const unloaded = new UnloadedCandles();
  unloaded.addSpan({ instrument: 1, openTime: 0, closeTime: 9 * MINUTE, offset: 8, since: 5 });
  unloaded.addMinute(1, 0, 2);
  unloaded.addMinute(1, 0, 6);
  expect(unloaded.take()).toEqual([
    { instrument: 1, openTime: 0, closeTime: 9 * MINUTE, offset: 8, since: 2 },
  ]);
});

test('when an instrument has too many entries they become one span that holds them all', () => {
  const unloaded = new UnloadedCandles();
  for (let minute = 1; minute <= MAX_UNLOADED_PER_INSTRUMENT; minute++)
    unloaded.addMinute(1, minute * MINUTE, minute);
  unloaded.addMinute(1, 0, 5);
  const end = (MAX_UNLOADED_PER_INSTRUMENT + 1) * MINUTE;
  expect(unloaded.take()).toEqual([
    { instrument: 1, openTime: 0, closeTime: end, offset: MAX_UNLOADED_PER_INSTRUMENT, since: 1 },
  ]);
});
