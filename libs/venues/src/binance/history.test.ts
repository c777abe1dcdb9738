import { once } from 'node:events';
import { createServer } from 'node:http';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { setTimeout as realSleep } from 'node:timers/promises';
import { instrumentKey, TickBatch } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { decoderOf, rowsOf, tableOf } from '../decode-fixture.ts';
import type { Row } from '../decode-fixture.ts';
import { RateLimitedError, VenueAnswerError, VenueRefusedError, VenueUnreachableError } from '../errors.ts';
import type { HistoryLimits } from '../history.ts';
import { SILENT_LOG } from '../venue-fixture.ts';
import { BinanceHistory } from './history.ts';
import { binance } from './venue.ts';

const INSTRUMENT = binance.instrument(instrumentKey('BINANCE|BTCUSDT'));
const START_MICROS = 1_700_000_000_000_000;
const NEWEST_ID = 5_432;

const trade = (id: number) => ({
  id,
  price: `${100 + (id % 7)}.50000000`,
  qty: '0.10000000',
  quoteQty: '1',
  time: 1_700_000_000_000 + id,
  isBuyerMaker: id % 2 === 0,
  isBestMatch: true,
});
const aggTrade = (id: number) => ({
  a: id,
  p: '1.5',
  q: '2',
  f: id,
  l: id,
  T: 1_700_000_000_000 + id,
  m: true,
});

type Answer = (url: URL, response: ServerResponse, request: IncomingMessage) => void;

/** A venue's REST on a real socket: all trades up to NEWEST_ID, and what a test wants besides. */
class RestVenue implements AsyncDisposable {
  readonly paths: string[] = [];
  readonly clock = new ManualClock({ startMicros: START_MICROS });
  readonly frames: Buffer[] = [];
  answer: Answer = (url, response) => {
    const limit = Number(url.searchParams.get('limit'));
    const from = Number(url.searchParams.get('fromId') ?? NEWEST_ID - limit + 1);
    const make = url.pathname.endsWith('aggTrades') ? aggTrade : trade;
    const count = Math.max(0, Math.min(limit, NEWEST_ID - from + 1));
    response.setHeader('x-mbx-used-weight-1m', String(this.paths.length * 25));
    response.end(JSON.stringify(Array.from({ length: count }, (_, i) => make(from + i))));
  };
  readonly #server = createServer((request, response) => {
    const url = new URL(request.url ?? '', 'http://venue');
    this.paths.push(request.url ?? '');
    this.answer(url, response, request);
  });

  async history(limits: Partial<HistoryLimits> = {}): Promise<BinanceHistory> {
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    const { port } = this.#server.address() as AddressInfo;
    return new BinanceHistory({
      restUrl: `http://127.0.0.1:${port}/`,
      clock: this.clock,
      log: SILENT_LOG,
      onAnswer: (bytes) => this.frames.push(bytes),
      limits,
    });
  }

  /** The ticks in all answers so far. */
  ticks(): Row[] {
    const decoder = decoderOf(tableOf('BTCUSDT'));
    const batch = new TickBatch(8192);
    for (const [offset, bytes] of this.frames.entries()) decoder.decodeAnswer(bytes, 1, offset, batch);
    return rowsOf(batch);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (!this.#server.listening) return;
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, 'close');
  }
}

const failure = (promise: Promise<unknown>): Promise<unknown> =>
  promise.then(
    () => undefined,
    (error: unknown) => error,
  );

test.each(['trade', 'aggTrade'] as const)(
  'a range of ids is fetched page by page, each %s once',
  async (kind) => {
    await using venue = new RestVenue();
    const history = await venue.history();
    const filled = await history.fillTrades({
      instrument: INSTRUMENT,
      streamKind: kind,
      fromId: 1001,
      toId: 3300,
    });
    expect(filled).toEqual({ requests: 3, rows: 2300, lastId: 3300, isComplete: true });
    expect(venue.ticks().map(({ tradeId }) => tradeId)).toEqual(
      Array.from({ length: 2300 }, (_, i) => 1001 + i),
    );
    const endpoint = kind === 'trade' ? 'historicalTrades' : 'aggTrades';
    expect(venue.paths.at(-1)).toBe(`/api/v3/${endpoint}?symbol=BTCUSDT&limit=300&fromId=3001`);
    expect(history.counts).toMatchObject({ requests: 3, rows: 2300, failures: 0, usedWeight: 75 });
  },
);

test('a fill that the venue cannot serve to its end says how far it came', async () => {
  await using venue = new RestVenue();
  const history = await venue.history();
  const filled = await history.fillTrades({
    instrument: INSTRUMENT,
    streamKind: 'trade',
    fromId: NEWEST_ID - 9,
    toId: NEWEST_ID + 50,
  });
  expect(filled).toEqual({ requests: 2, rows: 10, lastId: NEWEST_ID, isComplete: false });
});

test('an answer is told as a frame: the path, a line end, the body', async () => {
  await using venue = new RestVenue();
  const history = await venue.history();
  const page = await history.trades({ instrument: INSTRUMENT, streamKind: 'trade', limit: 2 });
  expect(page).toMatchObject({ rows: 2, firstId: NEWEST_ID - 1, lastId: NEWEST_ID });
  expect(page.lastTimeMicros).toBe((1_700_000_000_000 + NEWEST_ID) * 1000);
  const expected = `/api/v3/historicalTrades?symbol=BTCUSDT&limit=2\n${JSON.stringify([trade(NEWEST_ID - 1), trade(NEWEST_ID)])}`;
  expect(venue.frames.map(String)).toEqual([expected]);
});

test.each([429, 418])('after HTTP %i nothing is sent before the time the venue names', async (status) => {
  await using venue = new RestVenue();
  const history = await venue.history();
  const { answer } = venue;
  venue.answer = (_url, response) => response.writeHead(status, { 'retry-after': '7' }).end('{}');
  const ask = () => history.trades({ instrument: INSTRUMENT, streamKind: 'trade', limit: 1 });
  expect(await failure(ask())).toMatchObject({ retryAfterMs: 7000, canRetry: true, exitCode: 6 });
  venue.answer = answer;
  await venue.clock.advance(6_000);
  const again = await failure(ask());
  expect(again).toBeInstanceOf(RateLimitedError);
  expect(again).toMatchObject({ retryAfterMs: 1000 });
  expect(venue.paths).toHaveLength(1);
  await venue.clock.advance(1_000);
  expect(await ask()).toMatchObject({ rows: 1 });
  expect(history.counts).toMatchObject({ rateLimited: 2, failures: 2 });
});

test('it stops short of the request weight of a minute, and goes on in the next one', async () => {
  await using venue = new RestVenue();
  const history = await venue.history({ weightPerMinute: 50 });
  const ask = () => history.trades({ instrument: INSTRUMENT, streamKind: 'trade', limit: 1 });
  await ask();
  await ask();
  const error = await failure(ask());
  expect(error).toBeInstanceOf(RateLimitedError);
  expect(venue.paths).toHaveLength(2);
  await venue.clock.advance((error as RateLimitedError).retryAfterMs);
  await ask();
});

test.each([
  ['an unknown symbol', 400, '{"code":-1121,"msg":"Invalid symbol."}', VenueRefusedError, /Invalid symbol/],
  [
    'an error with HTTP 200',
    200,
    '{"code":-2014,"msg":"API-key format invalid."}',
    VenueRefusedError,
    /-2014/,
  ],
  ['a block without a body', 403, '', VenueRefusedError, /HTTP 403/],
  ['a failure of the venue', 502, 'Bad gateway', VenueUnreachableError, /HTTP 502/],
  ['a page instead of JSON', 200, '<html>', VenueAnswerError, /<html>/],
  ['an object instead of rows', 200, '{"a":1}', VenueAnswerError, /expected rows/],
])(
  '%s is an error of its own kind, and reaches no journal as trades',
  async (_name, status, body, kind, text) => {
    await using venue = new RestVenue();
    const history = await venue.history();
    venue.answer = (_url, response) => response.writeHead(status).end(body);
    const error = await failure(history.trades({ instrument: INSTRUMENT, streamKind: 'trade' }));
    expect(error).toBeInstanceOf(kind);
    expect(String(error)).toMatch(text);
    expect(error).toMatchObject({ exitCode: 6 });
    expect(venue.ticks()).toEqual([]);
  },
);

test('an answer larger than the limit is given up while it comes', async () => {
  await using venue = new RestVenue();
  const history = await venue.history({ maxAnswerBytes: 10_000 });
  let isCut = false;
  venue.answer = (_url, response) => {
    response.on('close', () => (isCut = true));
    const more = (): void => {
      if (!isCut) response.write('x'.repeat(5_000), () => setImmediate(more));
    };
    more();
  };
  const error = await failure(history.trades({ instrument: INSTRUMENT, streamKind: 'trade' }));
  expect(error).toBeInstanceOf(VenueAnswerError);
  await expect.poll(() => isCut).toBe(true);
});

test('a venue that never answers is given up after the time-out, one that is not there at once', async () => {
  await using venue = new RestVenue();
  const history = await venue.history({ timeoutMs: 3_000 });
  venue.answer = () => {};
  const asked = failure(history.trades({ instrument: INSTRUMENT, streamKind: 'trade' }));
  while (venue.paths.length === 0) await realSleep(1);
  await venue.clock.advance(3_000);
  expect(await asked).toMatchObject({ code: 'VENUE_UNREACHABLE', canRetry: true });
  await venue[Symbol.asyncDispose]();
  const error = await failure(history.trades({ instrument: INSTRUMENT, streamKind: 'trade' }));
  expect(error).toBeInstanceOf(VenueUnreachableError);
  expect(String(error)).toMatch(/ECONNREFUSED|ECONNRESET|other side closed/);
});

test('an aborted request ends with the reason of the signal, also while it waits for its turn', async () => {
  await using venue = new RestVenue();
  const history = await venue.history();
  venue.answer = () => {};
  const stop = new AbortController();
  const ask = () => history.trades({ instrument: INSTRUMENT, streamKind: 'trade', signal: stop.signal });
  const both = [failure(ask()), failure(ask())];
  while (venue.paths.length === 0) await realSleep(1);
  stop.abort(new Error('shutting down'));
  expect((await Promise.all(both)).map(String)).toEqual(['Error: shutting down', 'Error: shutting down']);
  expect(venue.paths).toHaveLength(1);
});

test('requests are sent one at a time, in order of asking', async () => {
  await using venue = new RestVenue();
  const history = await venue.history();
  const { answer } = venue;
  let open = 0;
  let most = 0;
  venue.answer = (url, response, request) => {
    most = Math.max(most, ++open);
    setTimeout(() => {
      open--;
      answer(url, response, request);
    }, 3);
  };
  const ids = [5, 3, 9, 1];
  await Promise.all(
    ids.map((fromId) => history.trades({ instrument: INSTRUMENT, streamKind: 'trade', fromId, limit: 1 })),
  );
  expect(most).toBe(1);
  expect(venue.ticks().map(({ tradeId }) => tradeId)).toEqual(ids);
});

test("the venue's candles are read page by page; the one that is still forming says so", async () => {
  await using venue = new RestVenue();
  const history = await venue.history({ pageRows: 3 });
  const first = START_MICROS / 1000 - ((START_MICROS / 1000) % 60_000) - 4 * 60_000;
  venue.answer = (url, response) => {
    const start = Number(url.searchParams.get('startTime'));
    const end = Number(url.searchParams.get('endTime'));
    const opens = Array.from({ length: 5 }, (_, i) => first + i * 60_000).filter(
      (at) => at >= start && at <= end,
    );
    const rows = opens.map((at) => [
      at,
      '1.0',
      '3.0',
      '0.5',
      '2.0',
      '0.10000000',
      at + 59_999,
      '9',
      4,
      '1',
      '1',
      '0',
    ]);
    response.end(JSON.stringify(rows.slice(0, 3)));
  };
  const candles = await history.candles({
    instrument: INSTRUMENT,
    interval: '1m',
    fromMicros: first * 1000,
    toMicros: START_MICROS + 1,
  });
  expect(venue.paths).toHaveLength(2);
  expect(candles.map(({ openTimeMicros }) => openTimeMicros)).toEqual(
    [0, 1, 2, 3, 4].map((i) => (first + i * 60_000) * 1000),
  );
  expect(candles.map(({ isClosed }) => isClosed)).toEqual([true, true, true, true, false]);
  expect(candles[0]).toMatchObject({
    open: 1,
    high: 3,
    low: 0.5,
    close: 2,
    volumeText: '0.10000000',
    tradeCount: 4,
  });
  expect(candles[0].closeTimeMicros - candles[0].openTimeMicros).toBe(60_000_000);
});

test.each([[[1, 2]], [[1_700_000_000_000, 'x', '1', '1', '1', '1', 1_700_000_059_999, '1', 1]], ['row']])(
  'a candle that is none (%j) is an error, never a candle',
  async (row) => {
    await using venue = new RestVenue();
    const history = await venue.history();
    venue.answer = (_url, response) => response.end(JSON.stringify([row]));
    const asked = history.candles({
      instrument: INSTRUMENT,
      interval: '1m',
      fromMicros: 0,
      toMicros: START_MICROS,
    });
    expect(await failure(asked)).toBeInstanceOf(VenueAnswerError);
  },
);

test("an instrument's decimals are those of its tick and step size", async () => {
  await using venue = new RestVenue();
  const history = await venue.history();
  const filters = [
    { filterType: 'PRICE_FILTER', tickSize: '0.01000000' },
    { filterType: 'LOT_SIZE', stepSize: '1.00000000' },
  ];
  venue.answer = (_url, response) =>
    response.end(JSON.stringify({ symbols: [{ symbol: 'BTCUSDT', status: 'TRADING', filters }] }));
  expect(await history.instrumentDetails([INSTRUMENT])).toEqual([
    {
      instrument: 'BINANCE|BTCUSDT',
      venueSymbol: 'BTCUSDT',
      isTrading: true,
      priceDecimals: 2,
      quantityDecimals: 0,
      tickSize: '0.01000000',
      stepSize: '1.00000000',
    },
  ]);
  expect(venue.paths).toEqual(['/api/v3/exchangeInfo?symbols=%5B%22BTCUSDT%22%5D']);
});
