import { instrumentKey } from '@tickwright/market';
import { expect, test } from 'vitest';
import { RateLimitedError, VenueAnswerError, VenueRefusedError, VenueUnreachableError } from '../errors.ts';
import { RestVenue } from '../history-fixture.ts';
import { KrakenHistory } from './history.ts';
import { krakenInstrument } from './instruments.ts';

const instrument = krakenInstrument(instrumentKey('KRAKEN|BTC/USD'));
const make = (options: ConstructorParameters<typeof KrakenHistory>[0]): KrakenHistory =>
  new KrakenHistory(options);
const fill = { instrument, streamKind: 'trade' as const };
const T = 1_699_999_200;
const NEWEST = 5_000;
/** Seven trades share a time, so that pages end amid them. */
const nanosOf = (id: number): bigint => BigInt(T) * 1_000_000_000n + BigInt(Math.floor(id / 7)) * 1_000_000n;
const microsOf = (id: number): number => Number(nanosOf(id) / 1_000n);

const text = (id: number): string => {
  const nanos = String(nanosOf(id));
  return `["1.5","0.1",${nanos.slice(0, 10)}.${nanos.slice(10)},"b","m","",${id}]`;
};
const answerOf = (rows: readonly string[], last: bigint | string): string =>
  `{"error":[],"result":{"XXBTZUSD":[${rows.join(',')}],"last":"${last}"}}`;

/** As the venue pages: at most 1,000 rows later than `since`. */
function paging(venue: RestVenue): void {
  venue.answer = (url, response) => {
    const since = BigInt(url.searchParams.get('since') ?? 0);
    const count = Number(url.searchParams.get('count'));
    const ids: number[] = [];
    for (let id = 1; id <= NEWEST && ids.length < count; id++) if (nanosOf(id) > since) ids.push(id);
    const last = ids.at(-1);
    response.end(answerOf(ids.map(text), last === undefined ? since : nanosOf(last)));
  };
}

function saying(venue: RestVenue, body: unknown, status = 200): void {
  venue.answer = (_url, response) =>
    response.writeHead(status).end(typeof body === 'string' ? body : JSON.stringify(body));
}

test('a span of ids is paged by time, and trades of one moment on both sides of a page are all told', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  paging(venue);
  const filled = await history.fillTrades({ ...fill, fromId: 500, toId: 3_700, fromMicros: microsOf(499) });
  expect(filled).toMatchObject({ isComplete: true });
  const told = new Set(
    venue.frames.flatMap((frame) => [...frame.matchAll(/,(\d+)\]/g)].map(([, id]) => Number(id))),
  );
  for (let id = 500; id <= 3_700; id++) expect(told.has(id)).toBe(true);
});

test('a time that is later than the first trade is found out by its id, and gone back from', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  paging(venue);
  const filled = await history.fillTrades({ ...fill, fromId: 500, toId: 600, fromMicros: microsOf(560) });
  expect(filled.isComplete).toBe(true);
});

test('ids that the venue does not tell are no success, however often it is asked', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, answerOf([text(700), text(701)], nanosOf(701)));
  const filled = await history.fillTrades({ ...fill, fromId: 500, toId: 600, fromMicros: microsOf(499) });
  expect(filled).toMatchObject({ lastId: 499, isComplete: false });
  saying(venue, answerOf([], '1'));
  expect(await history.fillTrades({ ...fill, fromId: 500, toId: 600, fromMicros: 1 })).toMatchObject({
    isComplete: false,
  });
});

test('a cursor that stands still ends the paging', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, answerOf([text(500)], '5'));
  const filled = await history.fillTrades({ ...fill, fromId: 500, toId: 600, fromMicros: microsOf(499) });
  expect(filled).toMatchObject({ lastId: 500, isComplete: false });
});

test('without a time it says what it needs', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  await expect(history.fillTrades({ ...fill, fromId: 1, toId: 2 })).rejects.toThrow(/fromMicros/);
});

test.each([
  ['ids out of order', answerOf([text(9), text(8)], '5')],
  ['no cursor', '{"error":[],"result":{"XXBTZUSD":[]}}'],
  ['two pairs', '{"error":[],"result":{"A":[],"B":[],"last":"1"}}'],
  ['rows that are no trades', answerOf(['["1.5","0.1",1.5,"b","m",""]'], '5')],
  ['no error list', '{"result":{"XXBTZUSD":[],"last":"1"}}'],
  ['no JSON', 'busy'],
])('a page with %s is an answer that is none', async (_what, body) => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, body);
  await expect(history.trades({ ...fill, limit: 5 })).rejects.toThrow(VenueAnswerError);
});

test('errors in the body of HTTP 200 are told apart', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  const ask = () => history.trades({ ...fill, limit: 5 });
  saying(venue, { error: ['EQuery:Unknown asset pair'] });
  await expect(ask()).rejects.toThrow(VenueRefusedError);
  saying(venue, { error: ['EService:Unavailable'] });
  await expect(ask()).rejects.toThrow(VenueUnreachableError);
  saying(venue, {}, 502);
  await expect(ask()).rejects.toThrow(VenueUnreachableError);
  saying(venue, { error: ['EGeneral:Too many requests'] });
  await expect(ask()).rejects.toThrow(RateLimitedError);
  const asked = venue.paths.length;
  await expect(ask()).rejects.toThrow(RateLimitedError);
  expect(venue.paths.length).toBe(asked);
  await venue.clock.advance(10_000);
  paging(venue);
  expect(await ask()).toMatchObject({ rows: 5 });
});

const candle = (minute: number, close = '2'): string =>
  `[${T + minute * 60},"1","3","1","${close}","1.5","10.50",4]`;
const ask = { instrument, interval: '1m', fromMicros: T * 1e6, toMicros: (T + 180) * 1e6 };

test('candles are cut to what was asked for; the last one of an answer is never closed', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, answerOf([candle(-1), candle(0), candle(1), candle(2)], '5').replace('"5"', '5'));
  const candles = await history.candles(ask);
  expect(candles).toMatchObject([
    { openTimeMicros: T * 1e6, close: 2, volumeText: '10.50', tradeCount: 4, isClosed: true },
    { isClosed: true },
    { isClosed: false },
  ]);
  expect(venue.paths[0]).toContain('pair=XBTUSD');
});

test('a time older than the venue keeps is refused, never passed over; so is an answer without candles', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, answerOf([candle(1), candle(2)], '5'));
  await expect(history.candles(ask)).rejects.toThrow(/keeps 720/);
  saying(venue, answerOf([], '5'));
  await expect(history.candles(ask)).rejects.toThrow(VenueRefusedError);
  await expect(history.candles({ ...ask, interval: '3m' })).rejects.toThrow(VenueRefusedError);
});

test.each([
  ['candles out of order', [candle(0), candle(0)]],
  ['a close outside of high and low', [candle(0, '9')]],
  ['a column less', [candle(0).replace(',4]', ']')]],
])('%s are an answer that is none', async (_what, rows) => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  saying(venue, answerOf(rows, '5'));
  await expect(history.candles(ask)).rejects.toThrow(VenueAnswerError);
});

test('the grid of an instrument is found by its other name', async () => {
  await using venue = new RestVenue();
  const history = await venue.history(make);
  const pair = {
    altname: 'XBTUSD',
    wsname: 'XBT/USD',
    pair_decimals: 1,
    lot_decimals: 8,
    tick_size: '0.1',
    status: 'online',
  };
  saying(venue, { error: [], result: { XXBTZUSD: pair } });
  expect(await history.instrumentDetails([instrument])).toMatchObject([
    { priceDecimals: 1, quantityDecimals: 8, tickSize: '0.1', stepSize: '0.00000001', isTrading: true },
  ]);
  saying(venue, { error: [], result: {} });
  await expect(history.instrumentDetails([instrument])).rejects.toThrow(VenueAnswerError);
});
