import { calendars } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { instrumentNames } from '@tickwright/simulator';
import { openCandleQuery } from '@tickwright/store';
import { quiet } from './candle-files.ts';
import { readAtPace } from './paced-reading.ts';

// A process of its own: `candle-reader.ts DATA_DIR INSTRUMENTS SECONDS`. Asks as a runner does: in turn the last day of
// one instrument, and the newest candles of ten.

const [dataDir, count, seconds] = process.argv.slice(2);
const keys = instrumentNames(Number(count)).map((name) => `SIM|${name}`);
const DAY_MICROS = 86_400_000_000;

{
  await using query = await openCandleQuery({ dataDir, log: quiet, clock: systemClock, calendars });
  await readAtPace(Number(seconds), async (number) => {
    const now = systemClock.nowMicros();
    const first = (number * 37 + process.pid) % keys.length;
    const { asOf } =
      number % 2 === 0
        ? await query.getCandles({ instrument: keys[first], interval: '1m', from: now - DAY_MICROS, to: now })
        : await query.latestCandles({ instruments: keys.slice(first, first + 10), interval: '1m', count: 5 });
    if (asOf === undefined) throw new Error('the answer does not say how fresh it is');
    return { ageMs: asOf.ageMs };
  });
}
