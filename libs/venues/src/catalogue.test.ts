import { instrumentKey, InstrumentTable } from '@tickwright/market';
import { ManualClock } from '@tickwright/runtime';
import { expect, test } from 'vitest';
import { binanceProtocol } from './binance/subscribe.ts';
import { catalogue } from './catalogue.ts';
import { combined, decodeOne, TRADE } from './decode-fixture.ts';
import { Decoded } from './decoder.ts';
import { InstrumentKeyError, UnknownVenueError, VenueAddressError } from './errors.ts';
import { rejectionLog } from './rejection-log.ts';
import { SILENT_LOG, TestSink } from './venue-fixture.ts';

test('a venue is found by its name; an unknown name is told the known ones', () => {
  expect(catalogue.venue('binance').segment).toBe('BINANCE');
  expect(catalogue.venue('simulated').segment).toBe('SIM');
  expect(() => catalogue.venue('bitmex')).toThrow(UnknownVenueError);
  expect(() => catalogue.venue('bitmex')).toThrow(/binance, coinbase, kraken, simulated/);
});

test('an instrument is known from its key alone', () => {
  expect(catalogue.venue('binance').instrument(instrumentKey('BINANCE|BTCUSDT'))).toEqual({
    key: 'BINANCE|BTCUSDT',
    segment: 'BINANCE',
    id: 'BTCUSDT',
    venueSymbol: 'BTCUSDT',
    priceDecimals: 8,
    quantityDecimals: 8,
    calendar: 'always',
  });
});

test.each(['SIM|ALPHA', 'BINANCE|btcusdt', 'BINANCE|BTC/USDT', 'BINANCE|A B', `BINANCE|${'A'.repeat(21)}`])(
  'binance has no instrument %s',
  (key) => {
    expect(() => catalogue.venue('binance').instrument(instrumentKey(key))).toThrow(InstrumentKeyError);
  },
);

test('a decoder knows only the instruments of its own venue', () => {
  const table = new InstrumentTable();
  table.add(catalogue.venue('simulated').instrument(instrumentKey('SIM|BTCUSDT')));
  const binance = catalogue.venue('binance').createDecoder(table);
  const simulated = catalogue.venue('simulated').createDecoder(table);
  expect(decodeOne(binance, combined(TRADE)).what).toBe(Decoded.rejected);
  expect(decodeOne(simulated, combined(TRADE)).ticks).toHaveLength(1);
});

const clock = new ManualClock();
const common = { clock, log: SILENT_LOG };
const streamOptions = {
  ...common,
  instruments: [],
  streamKind: 'trade' as const,
  sink: new TestSink(clock),
  calendars: () => ({ sessionAt: () => undefined }),
  lastTickMicros: () => 0,
};

test('an address that is none is an error before anything is tried', () => {
  const { createStream } = catalogue.venue('binance');
  expect(() => createStream({ ...streamOptions, wsUrl: 'nowhere' })).toThrow(VenueAddressError);
  expect(() => createStream({ ...streamOptions, wsUrl: 'https://a' })).toThrow(VenueAddressError);
  expect(() => catalogue.venue('simulated').createStream(streamOptions)).toThrow(/--ws-url/);
  expect(() => catalogue.venue('simulated').history({ ...common, onAnswer() {} })).toThrow(/--rest-url/);
  const restUrl = 'ws://a';
  expect(() => catalogue.venue('binance').history({ ...common, onAnswer() {}, restUrl })).toThrow(
    VenueAddressError,
  );
});

test.each([
  ['wss://a', 'wss://a/stream'],
  ['wss://a:9443/', 'wss://a:9443/stream'],
  ['ws://a/stream', 'ws://a/stream'],
  ['ws://a/base/ws/', 'ws://a/base/ws'],
  ['ws://a?timeUnit=MICROSECOND', 'ws://a/stream?timeUnit=MICROSECOND'],
])('the base address %s becomes %s', (base, url) => {
  expect(binanceProtocol.url(base)).toBe(url);
});

test('a request names the streams in lower case', () => {
  const text = binanceProtocol.subscribe(7, ['BTCUSDT', 'ETHUSDT'], 'aggTrade');
  expect(JSON.parse(String(text))).toEqual({
    method: 'SUBSCRIBE',
    params: ['btcusdt@aggTrade', 'ethusdt@aggTrade'],
    id: 7,
  });
});

test('data frames are known for data by their first bytes, replies and notices never', () => {
  const isLookedAt = (text: string): boolean => binanceProtocol.mayBeReply(Buffer.from(text));
  const { T, ...rest } = TRADE;
  for (const data of [TRADE, { T, ...rest }]) {
    expect(isLookedAt(combined(data))).toBe(false);
    expect(isLookedAt(JSON.stringify({ data, stream: 'btcusdt@trade' }))).toBe(false);
  }
  expect(isLookedAt(JSON.stringify(TRADE))).toBe(false);
  const long = 'x'.repeat(300);
  const replies = [
    '{"result":null,"id":1}',
    `{"code":2,"msg":"${long}"}`,
    `{"error":{"code":2,"msg":"${long}"}}`,
  ];
  for (const text of [
    ...replies,
    `{"id":1,"error":{"code":2,"msg":"${long}"}}`,
    '{"e":"serverShutdown","E":1}',
  ]) {
    expect(isLookedAt(text)).toBe(true);
    expect(binanceProtocol.reply(Buffer.from(text))).toBeDefined();
  }
});

test('refused frames are shown as a few samples, however many there are', () => {
  const lines: object[] = [];
  const log = { ...SILENT_LOG, warn: (fields: object) => lines.push(fields) };
  const show = rejectionLog({ log, clock, venue: 'binance' });
  for (let i = 0; i < 10_000; i++) show('malformed', Buffer.from('x'.repeat(5_000)));
  expect(lines).toHaveLength(3);
  expect(JSON.stringify(lines).length).toBeLessThan(1_500);
  show('badPrice', Buffer.from('y'));
  expect(lines).toHaveLength(4);
});
