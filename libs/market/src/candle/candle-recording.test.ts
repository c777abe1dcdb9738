import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { gunzipSync } from 'node:zlib';
import { expect, test } from 'vitest';
import { CandleBuilder } from './candle-builder.ts';
import type { CandleColumns } from './candle-columns.ts';
import { candleColumns } from './candle-columns.ts';
import { InstrumentTable, instrumentKey } from '../instrument.ts';
import { rollUp } from '../roll-up/roll-up.ts';
import { calendars } from '../session/session-calendar.ts';
import { IdSpace, TickBatch } from '../tick/tick-batch.ts';

const folder =
  process.env['TICKWRIGHT_RECORDINGS'] ??
  fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
const recording = `${folder}/trades-and-candles`;
const isAbsent = !existsSync(recording);

interface AggTrade {
  readonly info: { readonly a: number; readonly p: string; readonly q: string; readonly T: number };
}

const table = new InstrumentTable();
table.add({
  key: instrumentKey('BINANCE|XRPETH'),
  segment: 'BINANCE',
  id: 'XRPETH',
  venueSymbol: 'XRPETH',
  priceDecimals: 8,
  quantityDecimals: 8,
  calendar: 'always',
});

function recordedTicks(): TickBatch {
  const text = gunzipSync(readFileSync(`${recording}/XRP_OLD-trades.json.gz`)).toString();
  const trades = JSON.parse(text) as readonly AggTrade[];
  const batch = new TickBatch(trades.length);
  for (const [at, { info }] of trades.entries()) {
    batch.eventTime[at] = info.T * 1000;
    batch.price[at] = Number(info.p);
    batch.quantity[at] = batch.volume[at] = Number(info.q);
    batch.idSpace[at] = IdSpace.aggTrade;
    batch.tradeId[at] = info.a;
    batch.offset[at] = at;
  }
  batch.count = trades.length;
  return batch;
}

/** As `[openTime ms, o, h, l, c, v]`. */
function publishedCandles(interval: string): number[][] {
  return JSON.parse(readFileSync(`${recording}/XRP_ETH-${interval}.json`, 'utf8')) as number[][];
}

function numbersOf(candles: CandleColumns): number[][] {
  const { count, openTime, open, high, low, close, volume } = candles;
  return Array.from({ length: count }, (_, at) => [
    openTime[at] / 1000,
    open[at],
    high[at],
    low[at],
    close[at],
    volume[at],
  ]);
}

function minutesInMemory(builder: CandleBuilder): CandleColumns {
  const all = candleColumns(10_000);
  for (const hour of builder.hoursInMemory('BINANCE')) {
    const rows = builder.hourRows('BINANCE', hour, () => true);
    for (const name of Object.keys(all) as (keyof CandleColumns)[]) {
      if (name !== 'count') all[name].set(rows[name].subarray(0, rows.count), all.count);
    }
    all.count += rows.count;
  }
  return all;
}

test.skipIf(isAbsent)(
  '12,477 recorded trades give the published 1m and 5m candles (skipped: recordings absent)',
  () => {
    const builder = new CandleBuilder({ instruments: table, calendars, memoryHours: 72 });
    const batch = recordedTicks();
    expect(batch.count).toBe(12_477);
    builder.fold(batch);
    const minutes = minutesInMemory(builder);
    expect(minutes.count).toBe(2_469);
    expect(numbersOf(minutes)).toEqual(publishedCandles('1m'));
    const closedBefore = builder.watermarkMicros('BINANCE');
    const rolled = rollUp(minutes, { interval: '5m', instruments: table, calendars, closedBefore });
    expect(rolled.count).toBe(706);
    expect(numbersOf(rolled)).toEqual(publishedCandles('5m'));
    expect(builder.counts).toMatchObject({ late: 0, outsideSession: 0, unloaded: 0 });
  },
);
