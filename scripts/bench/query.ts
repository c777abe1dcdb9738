import { run as measureCandleFiles } from './candle-files.ts';
import type { Figure } from './figures.ts';

/** Candle query times; the measuring, with more of its figures, is `candle-files.ts`. */
export async function run(): Promise<Figure[]> {
  const p50Ms = await measureCandleFiles();
  return [
    {
      name: 'one instrument of 2,000, a day of 1m candles: p50',
      value: p50Ms,
      unit: 'ms',
      aim: { atMost: 20 },
    },
  ];
}
