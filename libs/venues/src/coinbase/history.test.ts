import { instrumentKey } from '@tickwright/market';
import { expect, test } from 'vitest';
import { RateLimitedError, VenueAnswerError, VenueRefusedError, VenueUnreachableError } from '../errors.ts';
import { RestVenue } from '../history-fixture.ts';
import { CoinbaseHistory } from './history.ts';
import { coinbaseInstrument } from './instruments.ts';

const instrument = coinbaseInstrument(instrumentKey('COINBASE|BTC-USD'));
const NEWEST = 2_500;
const make = (options: ConstructorParameters<typeof CoinbaseHistory>[0]): CoinbaseHistory =>
  new CoinbaseHistory(options);
const row = (id: number) => ({
  time: '2023-11-14T22:00:00.000001Z',
  trade_id: id,
  price: '1.5',
  size: '0.1',
  side: 'buy',
});
const falling = (from: number, to: number) => Array.from({ length: from - to + 1 }, (_, n) => row(from - n));
const fill = { instrument, streamKind: 'trade' as const };

/** As the venue pages: at most `most` rows, newest first, those older than `after`. */
function paging(venue: RestVenue, most: number): void {
  venue.answer = (url, response) => {
    const top = Math.min(NEWEST, Number(url.searchParams.get('after') ?? NEWEST + 1) - 1);
    const count = Math.min(most, Number(url.searchParams.get('limit')));
    const rows = falling(top, Math.max(1, top - count + 1));
    response.setHeader('CB-AFTER', String(rows.at(-1)?.trade_id ?? ''));
    response.end(JSON.stringify(rows));
  };
}

function saying(venue: RestVenue, body: unknown, status = 200, headers: Record<string, string> = {}): void {
  venue.answer = (_url, response) => {
    response.writeHead(status, headers).end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

test.each([1_000, 70])('a span of ids is walked down to its first, in pages of %i rows', async (most) => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  paging(venue, most);
  const filled = await history.fillTrades({ ...fill, fromId: 100, toId: 2_300 });
  expect(filled).toMatchObject({ lastId: 2_300, isComplete: true });
  const ids = venue.frames.flatMap((frame) =>
    (JSON.parse(frame.slice(frame.indexOf('\n'))) as { trade_id: number }[]).map(({ trade_id }) => trade_id),
  );
  const wanted = new Set(ids.filter((id) => id >= 100 && id <= 2_300));
  expect(wanted.size).toBe(2_201);
});

test('a fill beyond the newest trade says how far it came', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  paging(venue, 1_000);
  const filled = await history.fillTrades({ ...fill, fromId: 2_400, toId: 4_000 });
  expect(filled).toMatchObject({ lastId: NEWEST, isComplete: false });
});

test('an empty page is no success', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, []);
  expect(await history.fillTrades({ ...fill, fromId: 10, toId: 20 })).toMatchObject({
    lastId: 9,
    isComplete: false,
  });
});

test('the newest trades are told oldest first', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  paging(venue, 1_000);
  expect(await history.trades({ ...fill, limit: 10 })).toMatchObject({
    rows: 10,
    firstId: 2_491,
    lastId: NEWEST,
  });
});

test.each([
  ['rising ids', [row(18), row(19)]],
  ['an id twice', [row(19), row(19)]],
  ['ids past the end', [row(21), row(19)]],
  ['rows without ids', [{ ...row(19), trade_id: undefined, id: 19 }]],
  ['no list', { trades: [row(19)] }],
  ['no JSON', '<html>'],
])('a page with %s is an answer that is none', async (_what, body) => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, body);
  await expect(history.fillTrades({ ...fill, fromId: 10, toId: 20 })).rejects.toThrow(VenueAnswerError);
});

test('a venue that pages for ever is given up', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  paging(venue, 1);
  await expect(history.fillTrades({ ...fill, fromId: 10, toId: 900 })).rejects.toThrow(/more than 50 pages/);
});

test('errors are told apart: refused, also with HTTP 200; unreachable; asked too much', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  const ask = () => history.trades({ ...fill, limit: 1 });
  saying(venue, { message: 'NotFound' }, 404);
  await expect(ask()).rejects.toThrow(VenueRefusedError);
  saying(venue, { message: 'something else' });
  await expect(ask()).rejects.toThrow(VenueRefusedError);
  saying(venue, 'oops', 503);
  await expect(ask()).rejects.toThrow(VenueUnreachableError);
  saying(venue, { message: 'Public rate limit exceeded' });
  await expect(ask()).rejects.toThrow(RateLimitedError);
  const asked = venue.paths.length;
  await expect(ask()).rejects.toThrow(RateLimitedError);
  expect(venue.paths.length).toBe(asked);
  await venue.clock.advance(1_000);
  saying(venue, {}, 429, { 'Retry-After': '7' });
  await expect(ask()).rejects.toMatchObject({ retryAfterMs: 7_000 });
  await venue.clock.advance(6_900);
  await expect(ask()).rejects.toThrow(RateLimitedError);
  expect(venue.paths.length).toBe(asked + 1);
  await venue.clock.advance(200);
  paging(venue, 10);
  expect(await ask()).toMatchObject({ rows: 1 });
  expect(history.counts).toMatchObject({ rateLimited: 4 });
});

const T = 1_699_999_200;

test('candles are read from columns t, l, h, o, c, v, turned round, cut to what was asked for', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  venue.answer = (_url, response) =>
    response.end(`[[${T + 120},1.10,2,1.5,1.25,10.50],[${T},1,3,1,2.5,0.1],[${T - 60},1,3,1,2.5,7]]`);
  const candles = await history.candles({
    instrument,
    interval: '1m',
    fromMicros: T * 1e6,
    toMicros: (T + 180) * 1e6,
  });
  expect(
    candles.map((c) => [c.openTimeMicros / 1e6 - T, c.open, c.high, c.low, c.close, c.volumeText]),
  ).toEqual([
    [0, 1, 3, 1, 2.5, '0.1'],
    [120, 1.5, 2, 1.1, 1.25, '10.50'],
  ]);
  expect(candles[0]).toMatchObject({ isClosed: true, tradeCount: -1, volume: 0.1 });
});

test('more candles than one answer holds are asked for in parts of at most 300', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, []);
  await history.candles({ instrument, interval: '1m', fromMicros: T * 1e6, toMicros: (T + 60 * 700) * 1e6 });
  expect(venue.paths).toHaveLength(3);
  for (const path of venue.paths) {
    const query = new URL(path, 'http://venue').searchParams;
    const span = Date.parse(query.get('end') ?? '') - Date.parse(query.get('start') ?? '');
    expect(span).toBeLessThan(300 * 60_000);
  }
});

test.each([
  ['columns of another order', `[[${T},3,1,1,2.5,0.1]]`],
  ['candles out of order', `[[${T},1,3,1,2.5,0.1],[${T + 60},1,3,1,2.5,0.1]]`],
  ['a time that starts no candle', `[[${T + 1},1,3,1,2.5,0.1]]`],
  ['objects, as the other API of the venue has them', '{"candles":[{"start":"1712192400","low":"1"}]}'],
  ['a column more', `[[${T},1,3,1,2.5,0.1,9]]`],
])('%s are an answer that is none', async (_what, body) => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, body);
  const ask = { instrument, interval: '1m', fromMicros: T * 1e6, toMicros: (T + 180) * 1e6 };
  await expect(history.candles(ask)).rejects.toThrow(VenueAnswerError);
});

test('an interval that the venue does not have is refused before it is asked', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  const ask = { instrument, interval: '3m', fromMicros: 0, toMicros: 1 };
  await expect(history.candles(ask)).rejects.toThrow(VenueRefusedError);
  expect(venue.paths).toEqual([]);
});

test('the grid of an instrument is what its increments say', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, { id: 'BTC-USD', quote_increment: '0.01', base_increment: '0.00000001', status: 'online' });
  expect(await history.instrumentDetails([instrument])).toMatchObject([
    { priceDecimals: 2, quantityDecimals: 8, isTrading: true },
  ]);
  saying(venue, { id: 'ETH-USD' });
  await expect(history.instrumentDetails([instrument])).rejects.toThrow(VenueAnswerError);
});

test('requests are paced by the venue', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make, { rates: [{ capacity: 1, perSecond: 2 }] });
  paging(venue, 1_000);
  await venue.during(history.fillTrades({ ...fill, fromId: 1, toId: 2_400 }));
  expect(venue.paths).toHaveLength(3);
  expect(venue.clock.monotonicMs()).toBeGreaterThanOrEqual(1_000);
});
