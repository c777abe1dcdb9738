import { existsSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { isDeepStrictEqual } from 'node:util';
import { gunzipSync } from 'node:zlib';
import { IdSpace } from '@tickwright/market';
import { expect, test } from 'vitest';
import { decodeAnswer, decodeOne, decoderOf, tableOf } from '../decode-fixture.ts';
import type { Row } from '../decode-fixture.ts';
import { parseJson } from '../json/json-value.ts';

const beside = fileURLToPath(new URL('../../../../../shared/recordings', import.meta.url));
// oxlint-disable-next-line no-process-env -- tests only: where the recordings are
const recordings = `${process.env['TICKWRIGHT_RECORDINGS'] ?? beside}/binance`;
const areHere = existsSync(recordings);
const name = (text: string): string => (areHere ? text : `${text} (skipped: recordings absent)`);

/** `<ns> <frame>` or `<s>: <frame>`; lines that begin otherwise are records about the connection. */
function framesOf(file: string): string[] {
  const bytes = readFileSync(`${recordings}/${file}`);
  const text = file.endsWith('.gz') ? gunzipSync(bytes).toString() : bytes.toString();
  const lines = text.split('\n').filter((line) => /^\d/.test(line));
  return lines.map((line) => line.slice(line.indexOf(' ') + 1));
}

/** Independent of our own reading: the numbers as JSON.parse has them. */
function readPlainly(frame: string): object {
  const { data } = JSON.parse(frame) as { data: { p: string; q: string; t?: number; a?: number; T: number } };
  return {
    price: Number(data.p),
    quantity: Number(data.q),
    tradeId: data.t ?? data.a,
    eventTime: data.T * 1000,
  };
}

const pick = ({ price, quantity, tradeId, eventTime }: Row): object => ({
  price,
  quantity,
  tradeId,
  eventTime,
});

function decodeAll(frames: readonly string[], ...symbols: string[]) {
  const decoder = decoderOf(tableOf(...symbols));
  const ticks: Row[] = [];
  const wrong: string[] = [];
  for (const frame of frames) {
    const found = decodeOne(decoder, frame).ticks;
    ticks.push(...found);
    const expected = found.length > 0 ? readPlainly(frame) : undefined;
    if (expected !== undefined && !isDeepStrictEqual(pick(found[0]), expected)) wrong.push(frame);
  }
  expect(wrong).toEqual([]);
  return { counts: decoder.counts, ticks };
}

const NONE_REJECTED = {
  malformed: 0,
  missingField: 0,
  unknownLayout: 0,
  unknownInstrument: 0,
  badPrice: 0,
  badQuantity: 0,
  badTime: 0,
  badId: 0,
  oversized: 0,
};

test.skipIf(!areHere)(name('two days of recorded BTCUSDT give every trade once, without a fallback'), () => {
  const frames = [...framesOf('btcusdt_20240808.gz'), ...framesOf('btcusdt_20240809.gz')];
  const { counts, ticks } = decodeAll(frames, 'BTCUSDT');
  expect(ticks.map(({ tradeId }) => tradeId)).toEqual(
    Array.from({ length: 19_904 }, (_, i) => 3735683259 + i),
  );
  expect(counts).toMatchObject({ ticks: 19_904, fallbacks: 0, control: 0, rejected: NONE_REJECTED });
  expect(Object.keys(counts.other).toSorted()).toEqual(['bookTicker', 'depthSnapshot', 'depthUpdate']);
  // Only the first day holds the line of the REST snapshot.
  expect(counts.other['depthSnapshot']).toBe(1);
  expect(frames.length).toBe(counts.ticks + Object.values(counts.other).reduce((a, b) => a + b));
});

test.skipIf(!areHere)(name('recorded ETHUSDT gives its trades in order, without a fallback'), () => {
  const { counts, ticks } = decodeAll(framesOf('ethusdt_20240808.gz'), 'ETHUSDT');
  expect(ticks[0].tradeId).toBe(1520538925);
  expect(ticks.every((tick, i) => tick.tradeId === 1520538925 + i)).toBe(true);
  expect(counts).toMatchObject({ fallbacks: 0, rejected: NONE_REJECTED });
  expect(counts.ticks).toBe(ticks.length);
});

test.skipIf(!areHere)(
  name('a recording of many streams gives its two aggregate trades and counts the rest'),
  () => {
    const frames = framesOf('BINANCE.ws.1.0');
    const { counts, ticks } = decodeAll(frames, 'NKNUSDT', 'LRCBTC');
    expect(ticks).toMatchObject([
      { instrument: 0, tradeId: 15683430, price: 0.3528, idSpace: IdSpace.aggTrade },
      { instrument: 1, tradeId: 9213679, price: 0.00000638, idSpace: IdSpace.aggTrade },
    ]);
    expect(counts).toMatchObject({ ticks: 2, fallbacks: 0, rejected: NONE_REJECTED });
    expect(counts.other).toEqual({ depthUpdate: 177, bookTicker: 84, kline: 2 });
  },
);

test.skipIf(!areHere)(name('recorded REST answers give a tick a row'), () => {
  const mock = parseJson(readFileSync(`${recordings}/rest-mock.json`, 'utf8')) as {
    routes: Record<string, { GET?: { queryString: string; data: unknown[] | null }[] }>;
  };
  let rows = 0;
  let ticks = 0;
  for (const endpoint of ['aggTrades', 'trades', 'historicalTrades']) {
    for (const { queryString, data } of mock.routes[`/api/v3/${endpoint}`]?.GET ?? []) {
      const symbol = new URLSearchParams(queryString).get('symbol') ?? '';
      const decoder = decoderOf(tableOf(symbol));
      const found = decodeAnswer(decoder, `/api/v3/${endpoint}?${queryString}`, data);
      rows += Array.isArray(data) ? data.length : 0;
      ticks += found.ticks.length;
    }
  }
  expect(rows).toBeGreaterThan(2000);
  expect(ticks).toBe(rows);
});
