import { instrumentKey, InstrumentTable, Side } from '@tickwright/market';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAnswer, decodeOne } from '../decode-fixture.ts';
import { Decoded } from '../decoder.ts';
import { expectSameBothWays, mangled, shuffled } from '../fuzz-fixture.ts';
import { KrakenDecoder } from './decode.ts';
import { krakenInstrument, restPair } from './instruments.ts';
import { secondsMicros } from './parse.ts';

const ROW = {
  symbol: 'BTC/USD',
  side: 'buy',
  price: 77313.3,
  qty: 0.0084064,
  ord_type: 'limit',
  trade_id: 107612614,
  timestamp: '2026-09-13T20:52:59.976634Z',
};
const frame = (...rows: object[]): string => JSON.stringify({ channel: 'trade', type: 'update', data: rows });

const table = new InstrumentTable();
for (const id of ['BTC/USD', 'ETH/USD']) table.add(krakenInstrument(instrumentKey(`KRAKEN|${id}`)));
const createDecoder = (): KrakenDecoder => new KrakenDecoder(table);
const venue = { table, createDecoder };

test("an update's trades are ticks in their order, of several instruments too", () => {
  const decoder = createDecoder();
  const other = { ...ROW, symbol: 'ETH/USD', side: 'sell', trade_id: 5 };
  const { what, ticks } = decodeOne(decoder, frame(ROW, other));
  expect(what).toBe(Decoded.ticks);
  expect(ticks).toMatchObject([
    {
      instrument: 0,
      price: 77313.3,
      quantity: 0.0084064,
      side: Side.buy,
      tradeId: 107612614,
      eventTime: Date.UTC(2026, 8, 13, 20, 52, 59) * 1000 + 976_634,
      idSpace: 1,
      index: 0,
    },
    { instrument: 1, side: Side.sell, tradeId: 5, index: 1 },
  ]);
  expect(decoder.counts).toMatchObject({ ticks: 2, fallbacks: 0 });
});

test('prices and quantities, which are JSON numbers, keep every digit', () => {
  const digits = fc.tuple(fc.nat(9_999_999), fc.nat(99_999_999), fc.integer({ min: 0, max: 8 }));
  fc.assert(
    fc.property(digits, digits, (price, quantity) => {
      const written = [price, quantity].map(([whole, part, cut]) => {
        const text = `${whole + 1}.${String(part).padStart(8, '0').slice(0, cut)}`;
        return text.endsWith('.') ? text.slice(0, -1) : text;
      });
      const text = frame(ROW)
        .replace('77313.3', written[0] ?? '')
        .replace('0.0084064', written[1] ?? '');
      const decoder = createDecoder();
      const [tick] = decodeOne(decoder, text).ticks;
      const decimals = (value: string): number => (value.split('.')[1] ?? '').length;
      expect([
        tick?.price.toFixed(decimals(written[0] ?? '')),
        tick?.quantity.toFixed(decimals(written[1] ?? '')),
      ]).toEqual(written);
      expect(decoder.counts.fallbacks).toBe(0);
    }),
  );
});

test('a small quantity with an exponent is read the plain way', () => {
  const decoder = createDecoder();
  expect(decodeOne(decoder, frame({ ...ROW, qty: 1e-8 })).ticks).toMatchObject([{ quantity: 1e-8 }]);
  expect(decoder.counts.fallbacks).toBe(1);
});

test('heartbeats and other channels are no trades, states and replies are control', () => {
  const decoder = createDecoder();
  expect(decodeOne(decoder, '{"channel":"heartbeat"}').what).toBe(Decoded.other);
  expect(decodeOne(decoder, '{"channel":"ohlc","type":"update","data":[{"a":[1]}]}').what).toBe(
    Decoded.other,
  );
  const status = '{"channel":"status","type":"update","data":[{"system":"online","api_version":"v2"}]}';
  expect(decodeOne(decoder, status).what).toBe(Decoded.control);
  const reply = '{"method":"subscribe","result":{"symbol":"BTC/USD"},"success":true,"req_id":1}';
  expect(decodeOne(decoder, reply).what).toBe(Decoded.control);
  expect(decodeOne(decoder, frame()).what).toBe(Decoded.other);
  expect(decoder.counts).toMatchObject({ control: 2, other: { heartbeat: 1, ohlc: 1, emptyTrade: 1 } });
});

test.each([
  ['malformed', '{"channel":"trade","data":['],
  ['unknownLayout', '[0,[["1","2","3","b","l",""]],"trade","XBT/USD"]'],
  ['unknownLayout', '{"channel":"trade","data":{}}'],
  ['malformed', '{"channel":"trade","data":[7]}'],
  ['missingField', frame({ ...ROW, qty: undefined, quantity: 1 })],
  ['badPrice', frame({ ...ROW, price: -1 })],
  ['badPrice', frame({ ...ROW, price: null })],
  ['badQuantity', frame({ ...ROW, qty: 0 })],
  ['badTime', frame({ ...ROW, timestamp: '2026-02-30T00:00:00Z' })],
  ['badId', frame({ ...ROW, trade_id: 'x' })],
  ['unknownInstrument', frame({ ...ROW, symbol: 'DOGE/USD' })],
])('a frame that is wrong is refused as %s and counted: %s', (reason, text) => {
  const decoder = createDecoder();
  expect(decodeOne(decoder, text)).toEqual({ what: Decoded.rejected, ticks: [] });
  expect(decoder.counts.rejected).toMatchObject({ [reason]: 1 });
});

test('a row that is wrong costs the others nothing', () => {
  const decoder = createDecoder();
  const { ticks } = decodeOne(decoder, frame(ROW, { ...ROW, price: 0 }, { ...ROW, trade_id: 9 }));
  expect(ticks.map(({ tradeId, index }) => [tradeId, index])).toEqual([
    [107612614, 0],
    [9, 2],
  ]);
  expect(decoder.counts).toMatchObject({ ticks: 2, fallbacks: 1 });
});

test('an answer gives its trades with times cut to the microsecond, whatever the pair is called in it', () => {
  const decoder = createDecoder();
  const path = '/0/public/Trades?pair=XBTUSD&since=1&count=1000';
  const rows =
    '["30243.40000","0.34507674",1688669597.9999999,"b","m","",61044952],["1.1","2",1688669598,"s","l","",7]';
  const body = `{"error":[],"result":{"XXBTZUSD":[${rows}],"last":"1688671969993150842"}}`;
  const { ticks } = decodeAnswer(decoder, path, body);
  expect(ticks).toMatchObject([
    {
      instrument: 0,
      price: 30243.4,
      quantity: 0.34507674,
      eventTime: 1_688_669_597_999_999,
      tradeId: 61044952,
      side: Side.buy,
    },
    { eventTime: 1_688_669_598_000_000, tradeId: 7, side: Side.sell, index: 1 },
  ]);
  expect(decodeAnswer(decoder, path, '{"error":[],"result":{"XXBTZUSD":[],"last":"1"}}').what).toBe(
    Decoded.other,
  );
  expect(decodeAnswer(decoder, path, '{"error":["EQuery:Unknown"]}').what).toBe(Decoded.rejected);
});

test('seconds are read by their digits, and REST has names of its own', () => {
  expect(secondsMicros('1616663618.4137')).toBe(1_616_663_618_413_700);
  expect(secondsMicros('1616663618')).toBe(1_616_663_618_000_000);
  expect(secondsMicros('1e9')).toBe(-1);
  expect(['BTC/USD', 'DOGE/BTC', 'ETH/EUR'].map(restPair)).toEqual(['XBTUSD', 'XDGXBT', 'ETHEUR']);
});

const FRAMES = [frame(ROW), frame(ROW, { ...ROW, symbol: 'ETH/USD', trade_id: 5 })];

test('a frame cut off at any byte gives no tick', () => {
  for (const text of FRAMES) {
    for (let length = 0; length < text.length; length++) {
      expect(decodeOne(createDecoder(), text.slice(0, length)).ticks).toEqual([]);
    }
  }
});

test('keys may come in any order', () => {
  const expected = decodeOne(createDecoder(), FRAMES[0] ?? '').ticks;
  const head = { channel: 'trade', type: 'update', data: [ROW] };
  const inner = shuffled(ROW).map((row) => frame(ROW).replace(JSON.stringify(ROW), row));
  fc.assert(
    fc.property(fc.oneof(inner, shuffled(head)), (text) => {
      expect(decodeOne(createDecoder(), text).ticks).toEqual(expected);
    }),
  );
});

test('whatever is done to a frame, the scanner takes nothing that JSON.parse would read otherwise', () => {
  fc.assert(
    fc.property(mangled(FRAMES), (bytes) => expectSameBothWays(venue, bytes)),
    { numRuns: 3000 },
  );
});
