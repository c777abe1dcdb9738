import { splitKey, instrumentKey } from '@tickwright/market';
import { SCHEDULES, retry } from '@tickwright/runtime';
import type { Clock } from '@tickwright/runtime';
import { listPieces } from '../candles/candle-paths.ts';
import type { CandleScan } from '../query/candle-scan.ts';
import type { PresentReader } from './coverage.ts';

/** The minutes that the candle files have. */
export function presentMinutes(options: { dataDir: string; scan: CandleScan; clock: Clock }): PresentReader {
  const { dataDir, scan, clock } = options;
  return {
    async present(span, keys) {
      const found = new Map<string, Set<number>>();
      for (const [segment, ofSegment] of bySegment(keys)) {
        const read = async (): Promise<void> => {
          const pieces = await listPieces({ dataDir, segment, ...span });
          const numbers = new Map(ofSegment.map((key, number) => [key, number]));
          const rows = await scan.read({
            pieces,
            keys: ofSegment,
            ...span,
            numberOf: (key) => numbers.get(key) ?? -1,
          });
          const sets = ofSegment.map(() => new Set<number>());
          for (let row = 0; row < rows.count; row++) sets[rows.instrument[row]]?.add(rows.openTime[row]);
          for (const [at, key] of ofSegment.entries()) found.set(key, sets[at]);
        };
        await retry(read, { schedule: SCHEDULES.candleRead, clock });
      }
      return found;
    },
  };
}

function bySegment(keys: readonly string[]): Map<string, string[]> {
  const found = new Map<string, string[]>();
  for (const key of keys) {
    const { segment } = splitKey(instrumentKey(key));
    const list = found.get(segment);
    if (list === undefined) found.set(segment, [key]);
    else list.push(key);
  }
  return found;
}
