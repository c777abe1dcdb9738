import { once } from 'node:events';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { instrumentKey } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  RateLimitedError,
  TokenRefusedError,
  VenueAnswerError,
  VenueRefusedError,
  VenueUnreachableError,
} from '../errors.ts';
import { SILENT_LOG } from '../venue-fixture.ts';
import { tokenExpiryMicros } from './access.ts';
import { candleUnit, chunksOf } from './candle-chunks.ts';
import { areRecordingsHere, recordedJson, recordedName } from './feed-fixture.ts';
import { UpstoxHistory } from './history.ts';
import { upstoxInstrument } from './instruments.ts';
import { tradesOn } from './market-hours.ts';

const india = (text: string): number => Date.parse(`${text}+05:30`) * 1000;
const NOW = india('2026-07-01T12:00:00');
const instrument = upstoxInstrument(instrumentKey('NSE_EQ|INE155A01022'));
const row = (time: string, volume: unknown = 10): unknown[] => [`${time}+05:30`, 10, 12, 9, 11, volume, 0];
const good = (...rows: unknown[]): object => ({ status: 'success', data: { candles: rows } });

let server: Server;
let paths: string[];
let tokensSeen: (string | undefined)[];
let answer: { status: number; body: unknown; headers: Record<string, string> };
let frames: string[];

beforeEach(async () => {
  paths = [];
  frames = [];
  tokensSeen = [];
  answer = { status: 200, body: good(), headers: {} };
  server = createServer((request, response) => {
    paths.push(request.url ?? '');
    tokensSeen.push(request.headers.authorization);
    response.writeHead(answer.status, answer.headers);
    response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
});
afterEach(async () => {
  server.closeAllConnections();
  server.close();
  await once(server, 'close');
});

function history(): UpstoxHistory {
  return new UpstoxHistory({
    restUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    tokens: { read: async () => 'a-token', refused() {}, onRenewed: () => () => {} },
    clock: new ManualClock({ startMicros: NOW }),
    log: SILENT_LOG,
    onAnswer: (bytes) => frames.push(bytes.toString().split('\n')[0]),
  });
}

const ask = (from: string, to: string, interval = '1m') =>
  history().candles({ instrument, interval, fromMicros: india(from), toMicros: india(to) });

test('candles of the past and of today: the end first, the key escaped, newest first turned round, every answer told', async () => {
  answer.body = good(
    row('2026-06-30T15:29:00', 7),
    row('2026-06-30T15:28:00', 0),
    row('2026-06-30T15:27:00', 5),
  );
  const candles = await ask('2026-06-30T15:28:00', '2026-07-01T12:00:00');
  expect(paths).toEqual([
    '/v3/historical-candle/NSE_EQ%7CINE155A01022/minutes/1/2026-06-30/2026-06-30',
    '/v3/historical-candle/intraday/NSE_EQ%7CINE155A01022/minutes/1',
  ]);
  expect(frames).toEqual(paths);
  expect(tokensSeen).toEqual(['Bearer a-token', 'Bearer a-token']);
  expect(candles.map(({ openTimeMicros, volume }) => [openTimeMicros, volume])).toEqual([
    [india('2026-06-30T15:28:00'), 0],
    [india('2026-06-30T15:29:00'), 7],
  ]);
});

test('an empty answer is no candle, and no error: whether it is enough is for the coverage to say', async () => {
  expect(await ask('2026-06-30T09:15:00', '2026-06-30T15:30:00')).toEqual([]);
});

describe('what is not right is a typed error, and nothing of it is taken for told', () => {
  const refused = { status: 'error', errors: [{ errorCode: 'UDAPI1148', message: 'Invalid date range' }] };
  test.each<[string, number, unknown, object]>([
    ['an error body on HTTP 200', 200, refused, VenueRefusedError],
    ['a refused range', 400, refused, VenueRefusedError],
    [
      'an unknown instrument',
      400,
      { status: 'error', errors: [{ errorCode: 'UDAPI100011' }] },
      VenueRefusedError,
    ],
    [
      'a page out of order',
      200,
      good(row('2026-06-30T15:28:00'), row('2026-06-30T15:29:00')),
      VenueAnswerError,
    ],
    ['a candle twice', 200, good(row('2026-06-30T15:28:00'), row('2026-06-30T15:28:00')), VenueAnswerError],
    ['a changed field', 200, { status: 'success', data: { bars: [] } }, VenueAnswerError],
    ['a time of another form', 200, good(['2026-06-30 15:28', 1, 1, 1, 1, 0, 0]), VenueAnswerError],
    ['a volume that is text', 200, good(row('2026-06-30T15:28:00', '10')), VenueAnswerError],
    ['a high below the low', 200, good(['2026-06-30T15:28:00+05:30', 5, 4, 6, 5, 0, 0]), VenueAnswerError],
    ['no JSON', 200, '<html>', VenueAnswerError],
    ['a failure of its own', 503, refused, VenueUnreachableError],
    ['a wrong token', 401, refused, TokenRefusedError],
    ['too many requests', 429, refused, RateLimitedError],
  ])('%s', async (_, status, body, type) => {
    answer = { status, body, headers: { 'retry-after': '3' } };
    const failed: unknown = await ask('2026-06-30T09:15:00', '2026-06-30T15:30:00').catch(
      (error: unknown) => error,
    );
    expect(failed).toBeInstanceOf(type);
    expect(frames).toHaveLength(status === 200 && type === VenueAnswerError && body !== '<html>' ? 1 : 0);
    expect(String(failed)).not.toContain('a-token');
    if (failed instanceof RateLimitedError) expect(failed.retryAfterMs).toBe(3_000);
    if (failed instanceof VenueRefusedError) expect([1148, 100011]).toContain(failed.venueCode);
  });
});

test('a year of minutes is asked for in calendar months, and a quarter at once of half hours', () => {
  const range = { fromMicros: india('2025-01-31T09:15:00'), toMicros: india('2025-04-02T00:00:00') };
  expect(chunksOf(range, candleUnit('1m'))).toEqual([
    { from: '2025-01-31', to: '2025-02-28' },
    { from: '2025-03-01', to: '2025-04-01' },
  ]);
  expect(chunksOf(range, candleUnit('30m'))).toEqual([{ from: '2025-01-31', to: '2025-04-01' }]);
  expect(() => candleUnit('7m')).toThrow(VenueRefusedError);
});

test('single trades are refused, at once and without a request', async () => {
  await expect(history().trades()).rejects.toBeInstanceOf(VenueRefusedError);
  expect(history().hasTrades).toBe(false);
  expect(paths).toEqual([]);
});

test.skipIf(!areRecordingsHere)(
  recordedName(
    'the documented hours: which exchanges trade is said by the lists, not by the type of holiday',
  ),
  async () => {
    const samples = recordedJson('rest-samples.json') as Record<string, { body: unknown }>;
    answer.body = samples['market_holidays'].body;
    const [newYear, drill, republic] = await history().marketHolidays();
    expect(tradesOn(newYear, 'NSE')).toBe(true);
    expect([tradesOn(drill, 'NSE'), tradesOn(drill, 'MCX')]).toEqual([true, false]);
    expect(tradesOn(republic, 'NSE')).toBe(false);
    answer.body = samples['market_timings'].body;
    const timings = await history().marketTimings('2024-01-22');
    expect(timings.find(({ exchange }) => exchange === 'NSE')).toEqual({
      exchange: 'NSE',
      openMicros: india('2024-01-01T09:15:00'),
      closeMicros: india('2024-01-01T15:30:00'),
    });
    answer.body = samples['market_status'].body;
    expect(await history().marketStatus('NSE')).toMatchObject({ status: 'NORMAL_OPEN' });
  },
);

test.skipIf(!areRecordingsHere)(
  recordedName('a captured answer with flat and with missing minutes is read whole'),
  async () => {
    answer.body = recordedJson('captured-intraday-1m-v2-2023-07-26.json');
    const candles = await ask('2023-07-26T15:00:00', '2023-07-26T15:30:00');
    expect(candles).toHaveLength(20);
    expect(candles.filter(({ volume }) => volume === 0)).toHaveLength(13);
  },
);

test("a token's end is what it says itself, or else 03:30 in India", () => {
  const jwt = `e30.${Buffer.from('{"exp":1900000000}').toString('base64url')}.x`;
  expect(tokenExpiryMicros(jwt, NOW)).toBe(1_900_000_000_000_000);
  expect(tokenExpiryMicros('opaque', NOW)).toBe(india('2026-07-02T03:30:00'));
  expect(tokenExpiryMicros('opaque', india('2026-07-01T03:29:59'))).toBe(india('2026-07-01T03:30:00'));
});

test('whether the venue knows a key is asked by its candles of today; another refusal is no answer to it', async () => {
  const refused = (errorCode: string, status = 400): void => {
    answer = { ...answer, status, body: { status: 'error', errors: [{ errorCode, message: 'no' }] } };
  };
  expect(await history().knows(instrument)).toBe(true);
  expect(paths).toEqual(['/v3/historical-candle/intraday/NSE_EQ%7CINE155A01022/minutes/1']);
  refused('UDAPI100011');
  expect(await history().knows(instrument)).toBe(false);
  refused('UDAPI1021');
  expect(await history().knows(instrument)).toBe(false);
  refused('UDAPI1148');
  await expect(history().knows(instrument)).rejects.toThrow(VenueRefusedError);
});
