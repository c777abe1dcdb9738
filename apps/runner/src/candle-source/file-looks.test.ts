import { expect, test } from 'vitest';
import { CandleFold } from './candle-fold.ts';
import { ALPHA, minute, views } from './candle-fixture.ts';
import { FileLooks } from './file-looks.ts';

/** Seconds after the first look at which all that is remembered is looked at, asked every second. */
async function sweepsWithin(seconds: number, warmUp: number): Promise<number[]> {
  const fold = new CandleFold({
    streams: [{ instrument: ALPHA, interval: '1m', warmUp }],
    maxSignalAgeMs: 1,
  });
  const looks = new FileLooks({
    fold,
    query: { latestIn: async (_instruments, wanted) => wanted.map(() => ({ candles: [], asOf: undefined })) },
  });
  await looks.first(undefined, { micros: 0, monotonicMs: 0 });
  fold.begin(views([minute(0), minute(1)]));
  const found: number[] = [];
  for (let second = 1; second <= seconds; second += 1) {
    const { isSweep } = await looks.next(undefined, {
      nowMs: second * 1_000,
      haveGapsChanged: second === 250,
    });
    if (isSweep) found.push(second);
  }
  return found;
}

test('while history is lacking all is looked at often, then ever less, and often again once a gap was filled', async () => {
  expect(await sweepsWithin(270, 1_500)).toEqual([5, 15, 35, 75, 135, 195, 250, 255, 265]);
});

test('with its history a runner looks at all once a minute', async () => {
  expect(await sweepsWithin(190, 2)).toEqual([60, 120, 180]);
});
