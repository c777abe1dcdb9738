import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { instrumentKey, InstrumentTable, Side } from '@tickwright/market';
import { expect, test } from 'vitest';
import { decodeOne } from '../decode-fixture.ts';
import { KrakenDecoder } from './decode.ts';
import { krakenInstrument } from './instruments.ts';

const beside = fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
// oxlint-disable-next-line no-process-env -- tests only: where the recordings are
const file = `${process.env['TICKWRIGHT_RECORDINGS'] ?? beside}/kraken/v2-frames.ndjson`;
const isHere = existsSync(file);
const name = (text: string): string => (isHere ? text : `${text} (skipped: recordings absent)`);

interface Row {
  readonly symbol: string;
  readonly side: string;
  readonly trade_id: number;
  readonly timestamp: string;
}

/** The frame's own text, digits and all: what stands behind `"frame":` of a line. */
const frameOf = (line: string): string => line.slice(line.indexOf('"frame":') + 8, -1);

test.skipIf(!isHere)(name('the recorded frames decode to the recorded values, exactly'), () => {
  const frames = readFileSync(file, 'utf8').split('\n').filter(Boolean).map(frameOf);
  const table = new InstrumentTable();
  for (const id of ['BTC/USDT', 'BTC/USD', 'ETH/USD'])
    table.add(krakenInstrument(instrumentKey(`KRAKEN|${id}`)));
  const decoder = new KrakenDecoder(table);
  let trades = 0;
  for (const text of frames) {
    const { ticks } = decodeOne(decoder, text);
    const { channel, data = [] } = JSON.parse(text) as { channel: string; data?: Row[] };
    const rows = channel === 'trade' ? data : [];
    const prices = [...text.matchAll(/"price":([\d.]+),"qty":([\d.]+)/g)];
    expect(ticks).toHaveLength(rows.length);
    for (const [at, tick] of ticks.entries()) {
      const row = rows[at];
      const [, price = '', quantity = ''] = prices[at] ?? [];
      const decimals = (value: string): number => (value.split('.')[1] ?? '').length;
      expect(tick.price.toFixed(decimals(price))).toBe(price);
      expect(tick.quantity.toFixed(decimals(quantity))).toBe(quantity);
      expect(table.at(tick.instrument).venueSymbol).toBe(row?.symbol);
      expect(tick.tradeId).toBe(row?.trade_id);
      expect(tick.side).toBe(row?.side === 'buy' ? Side.buy : Side.sell);
      expect(new Date(tick.eventTime / 1000).toISOString().slice(0, 23)).toBe(row?.timestamp.slice(0, 23));
      expect(String(tick.eventTime).slice(-6)).toBe(row?.timestamp.slice(20, 26));
    }
    trades += ticks.length;
  }
  expect(trades).toBe(7);
  expect(decoder.counts).toMatchObject({ ticks: 7, fallbacks: 0, other: { ohlc: 1, heartbeat: 1 } });
});
