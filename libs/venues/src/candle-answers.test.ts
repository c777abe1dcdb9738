import { InstrumentTable, TickBatch, instrumentKey } from '@tickwright/market';
import { expect, test } from 'vitest';
import type { CandlePage } from './candle-page.ts';
import { catalogue } from './catalogue.ts';
import { Decoded } from './decoder.ts';
import type { RejectReason } from './decoder.ts';
import { decodeImport, encodeImport, isImport } from './import-frame.ts';
import { areRecordingsHere, recordedJson, recordedName } from './upstox/feed-fixture.ts';

const MINUTE = 60_000_000;
/** 2024-04-04T01:00Z, microseconds. */
const T = Date.UTC(2024, 3, 4, 1) * 1_000;
const LATER = T + 60 * MINUTE;

const recorded = areRecordingsHere ? test : test.skip;

interface Taken {
  readonly what: Decoded;
  readonly pages: CandlePage[];
  readonly rejected: Partial<Record<RejectReason, number>>;
}

function take(venueName: string, key: string, frame: string, receiveMicros = LATER): Taken {
  const venue = catalogue.venue(venueName);
  const table = new InstrumentTable();
  table.add(venue.instrument(instrumentKey(key)));
  const pages: CandlePage[] = [];
  const decoder = venue.createDecoder(table, { onCandlePage: (page) => pages.push(page) });
  const what = decoder.decodeAnswer(Buffer.from(frame), receiveMicros, 5, new TickBatch(8));
  const rejected = Object.entries(decoder.counts.rejected).filter(([, count]) => count > 0);
  return { what, pages, rejected: Object.fromEntries(rejected) };
}

const at = (minute: number): number => T + minute * MINUTE;
const iso = (micros: number): string => new Date(micros / 1_000).toISOString();

/** How each venue words the same three minutes, of which the middle one had no trade, in its own order. */
interface Wording {
  readonly key: string;
  path(from: number, to: number): string;
  row(minute: number, told?: { close?: number; isFlat?: boolean }): unknown;
  body(rows: unknown[]): unknown;
  readonly isNewestFirst: boolean;
  readonly error: unknown;
}

const VENUES: Record<string, Wording> = {
  binance: {
    key: 'BINANCE|BTCUSDT',
    path: (from, to) =>
      `/api/v3/klines?symbol=BTCUSDT&interval=1m&startTime=${from / 1e3}&endTime=${to / 1e3 - 1}&limit=1000`,
    row: (minute, { close = 11 } = {}) => [
      at(minute) / 1e3,
      '10',
      '12',
      '9',
      String(close),
      '5.00000001',
      at(minute + 1) / 1e3 - 1,
      '50',
      7,
      '1',
      '1',
      '0',
    ],
    body: (rows) => rows,
    isNewestFirst: false,
    error: { code: -1003, msg: 'Too many requests' },
  },
  coinbase: {
    key: 'COINBASE|BTC-USD',
    path: (from, to) =>
      `/products/BTC-USD/candles?${new URLSearchParams({ granularity: '60', start: iso(from), end: iso(to) }).toString()}`,
    row: (minute, { close = 11 } = {}) => [at(minute) / 1e6, 9, 12, 10, close, 5.00000001],
    body: (rows) => rows,
    isNewestFirst: true,
    error: { message: 'NotFound' },
  },
  kraken: {
    key: 'KRAKEN|BTC/USD',
    path: (from) => `/0/public/OHLC?pair=XBTUSD&interval=1&since=${from / 1e6 - 60}`,
    row: (minute, { close = 11 } = {}) => [
      at(minute) / 1e6,
      '10',
      '12',
      '9',
      String(close),
      '10.5',
      '5.00000001',
      7,
    ],
    body: (rows) => ({ error: [], result: { XXBTZUSD: rows, last: 1 } }),
    isNewestFirst: false,
    error: { error: ['EGeneral:Too many requests'] },
  },
  upstox: {
    key: 'NSE_EQ|INE155A01022',
    path: () => '/v3/historical-candle/NSE_EQ%7CINE155A01022/minutes/1/2024-04-04/2024-04-04',
    row: (minute, { close = 11 } = {}) => [
      `${new Date(at(minute) / 1e3 + 5.5 * 3_600_000).toISOString().slice(0, 19)}+05:30`,
      10,
      12,
      9,
      close,
      5,
      0,
    ],
    body: (rows) => ({ status: 'success', data: { candles: rows } }),
    isNewestFirst: true,
    error: { status: 'error', errors: [{ errorCode: 'UDAPI1021', message: 'no' }] },
  },
};

function frameOf({ path, body, isNewestFirst }: Wording, rows: unknown[], to = at(10)): string {
  return `${path(at(0), to)}\n${JSON.stringify(body(isNewestFirst ? rows.toReversed() : rows))}`;
}

const names = Object.keys(VENUES);

test.each(names)(
  'an answer of %s gives its candles, ascending, by its bytes and its receive time alone',
  (name) => {
    const venue = VENUES[name];
    const frame = frameOf(venue, [venue.row(0), venue.row(1), venue.row(2, { close: 9.5 })]);
    const { what, pages, rejected } = take(name, venue.key, frame);
    expect([what, rejected, pages.length]).toEqual([Decoded.other, {}, 1]);
    const [page] = pages;
    expect(page).toMatchObject({ instrument: 0, minutes: 1 });
    // Kraken's last row is never committed.
    const expected = name === 'kraken' ? [11, 11] : [11, 11, 9.5];
    expect(page.candles.map(({ close }) => close)).toEqual(expected);
    expect(page.candles.map(({ openTimeMicros }) => (openTimeMicros - T) / MINUTE)).toEqual(
      expected.map((_, minute) => minute),
    );
    expect(page.candles[0].volume).toBe(name === 'upstox' ? 5 : 5.00000001);
    expect(take(name, venue.key, frame)).toEqual({ what, pages, rejected });
  },
);

test.each(names)('a candle that %s tells before it has been over for a while is no candle yet', (name) => {
  const venue = VENUES[name];
  const frame = frameOf(venue, [venue.row(0), venue.row(1), venue.row(2)]);
  const { pages } = take(name, venue.key, frame, at(2) + 1_000_000);
  expect(pages[0].candles).toHaveLength(1);
  for (const { toMicros } of pages[0].told) expect(toMicros).toBeLessThanOrEqual(at(2));
});

test.each(names)('a page of %s that is in the wrong order never becomes candles', (name) => {
  const venue = VENUES[name];
  const rows = [venue.row(0), venue.row(1), venue.row(2)];
  const turned = frameOf({ ...venue, isNewestFirst: !venue.isNewestFirst }, rows);
  const doubled = frameOf(venue, [venue.row(0), venue.row(0), venue.row(2)]);
  for (const frame of [turned, doubled]) {
    const { what, pages, rejected } = take(name, venue.key, frame);
    expect([what, pages]).toEqual([Decoded.rejected, []]);
    expect(rejected.outOfOrder).toBeGreaterThan(0);
  }
});

test.each(names)(
  'a page of %s with one row that is no candle tells nothing, and the row is counted by its reason',
  (name) => {
    const venue = VENUES[name];
    const good = [venue.row(0), venue.row(1)];
    const taken = (row: unknown): Taken => take(name, venue.key, frameOf(venue, [...good, row]));
    // Above its high: as if two columns had changed places.
    expect(taken(venue.row(2, { close: 13 }))).toMatchObject({
      what: Decoded.rejected,
      pages: [],
      rejected: { badPrice: 1 },
    });
    expect(taken({ open: 1 })).toMatchObject({ pages: [], rejected: { malformed: 1 } });
    const short = (venue.row(2) as unknown[]).slice(0, 4);
    expect(taken(short).pages).toEqual([]);
    expect(taken(short).what).toBe(Decoded.rejected);
  },
);

test.each(names)(
  "an error's body of %s on HTTP 200, an unknown instrument and no JSON at all are refused",
  (name) => {
    const venue = VENUES[name];
    const path = venue.path(at(0), at(10));
    expect(take(name, venue.key, `${path}\n${JSON.stringify(venue.error)}`)).toMatchObject({
      what: Decoded.rejected,
      pages: [],
    });
    expect(take(name, venue.key, `${path}\n<html>`)).toMatchObject({ pages: [], rejected: { malformed: 1 } });
    const other =
      { binance: 'BINANCE|ETHUSDT', coinbase: 'COINBASE|ETH-USD', kraken: 'KRAKEN|ETH/USD' }[name] ??
      'NSE_EQ|INE002A01018';
    expect(take(name, other, frameOf(venue, [venue.row(0)]))).toMatchObject({
      pages: [],
      rejected: { unknownInstrument: 1 },
    });
  },
);

test.each(names)('an empty page of %s tells nothing: not that there was no trade, either', (name) => {
  const { pages } = take(name, VENUES[name].key, frameOf(VENUES[name], []));
  expect(pages.flatMap(({ candles, told }) => [...candles, ...told])).toEqual([]);
});

test('what an answer told whole: as far as was asked, as the page reaches, or as its day goes', () => {
  const told = (name: string, rows: number[], to = at(10), receive = LATER): [number, number][] => {
    const venue = VENUES[name];
    const { pages } = take(
      name,
      venue.key,
      frameOf(
        venue,
        rows.map((minute) => venue.row(minute)),
        to,
      ),
      receive,
    );
    return pages.flatMap((page) =>
      page.told.map(({ fromMicros, toMicros }): [number, number] => [
        (fromMicros - T) / MINUTE,
        (toMicros - T) / MINUTE,
      ]),
    );
  };
  expect(told('binance', [2, 4])).toEqual([[0, 10]]);
  expect(told('binance', [2, 4], at(600))).toEqual([[0, 59]]);
  expect(told('coinbase', [2, 4])).toEqual([[0, 10]]);
  // From the first to the last that is committed.
  expect(told('kraken', [2, 4, 6])).toEqual([[2, 5]]);
  // Asked for on the day itself it is not of the past: no more than what is there, or is old enough.
  expect(told('upstox', [2, 4])).toEqual([[-390, 45]]);
  expect(told('upstox', [2, 4], at(10), LATER + 24 * 60 * MINUTE)).toEqual([[-390, 1050]]);
});

test('a full page of Binance tells as far as it reaches', () => {
  const venue = VENUES['binance'];
  const frame = frameOf(venue, [venue.row(0), venue.row(1)]).replace('limit=1000', 'limit=2');
  expect(take('binance', venue.key, frame).pages[0].told).toEqual([{ fromMicros: at(0), toMicros: at(2) }]);
});

test("Upstox's candles of today tell up to the newest of them, or so far back that no more can come", () => {
  const { key, row, body } = VENUES['upstox'];
  const path = '/v3/historical-candle/intraday/NSE_EQ%7CINE155A01022/minutes/1';
  const frame = `${path}\n${JSON.stringify(body([row(50), row(30)]))}`;
  expect(take('upstox', key, frame).pages[0].told).toEqual([{ fromMicros: at(-390), toMicros: at(51) }]);
  const late = take('upstox', key, frame, at(90)).pages[0].told;
  expect(late).toEqual([{ fromMicros: at(-390), toMicros: at(75) }]);
});

recorded(recordedName('a recorded answer of Upstox gives all its candles, flat ones too'), () => {
  const body = JSON.stringify(recordedJson('captured-intraday-1m-v2-2023-07-26.json'));
  const path = '/v3/historical-candle/intraday/NSE_FO%7C64844/minutes/1';
  const day = Date.UTC(2023, 6, 26, 12) * 1_000;
  const [page] = take('upstox', 'NSE_FO|64844', `${path}\n${body}`, day).pages;
  expect(page.candles).toHaveLength(20);
  expect(page.candles.at(-1)).toMatchObject({ close: 194.3, volume: 0 });
});

test('an answer worded as by another API of the venue is refused whole', () => {
  const body =
    '{"candles":[{"start":"1712192400","low":"1","high":"3","open":"2","close":"2","volume":"3"}]}';
  const frame = `${VENUES['coinbase'].path(at(0), at(10))}\n${body}`;
  expect(take('coinbase', 'COINBASE|BTC-USD', frame)).toMatchObject({
    pages: [],
    rejected: { unknownLayout: 1 },
  });
});

test('imported candles come back as they were told, by a frame of a documented form', () => {
  const told = { instrument: 'NSE_EQ|INE155A01022', minutes: 1, fromMicros: T, toMicros: at(5) };
  const candle = { openTimeMicros: T, open: 10, high: 12, low: 9, close: 11, volume: '5.5', tradeCount: 2 };
  const bytes = encodeImport({ ...told, candles: [candle] });
  expect(bytes.toString()).toBe(
    `/tickwright/candles?v=1&instrument=NSE_EQ%7CINE155A01022&minutes=1&from=${T}&to=${at(5)}\n[[${T},10,12,9,11,"5.5",2]]`,
  );
  expect(isImport(bytes)).toBe(true);
  expect(isImport(Buffer.from('/api/v3/klines?symbol=A\n[]'))).toBe(false);
  const found = decodeImport(bytes, LATER);
  expect(found?.told).toEqual(told);
  expect(found?.read).toMatchObject({
    problems: [],
    candles: [
      { openTimeMicros: T, closeTimeMicros: at(1), close: 11, volume: 5.5, tradeCount: 2, isClosed: true },
    ],
  });
  const twice = encodeImport({ ...told, candles: [candle, candle] });
  expect(decodeImport(twice, LATER)?.read.problems).toMatchObject([{ reason: 'outOfOrder' }]);
  expect(decodeImport(Buffer.from(bytes.toString().replace('v=1', 'v=2')), LATER)).toBeUndefined();
});
