import { instrumentKey, InstrumentTable, Side, TickKind } from '@tickwright/market';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeAnswer, decodeOne } from '../decode-fixture.ts';
import { Decoded } from '../decoder.ts';
import { expectSameBothWays, mangled, shuffled } from '../fuzz-fixture.ts';
import { CoinbaseDecoder } from './decode.ts';
import { coinbaseInstrument } from './instruments.ts';

const MATCH = {
  type: 'match',
  trade_id: 280232,
  maker_order_id: '2a0da34e-61f7-4c36-88e5-c9dd15927b16',
  taker_order_id: '3c82abaa-c01e-4608-be59-6a1e69742891',
  side: 'sell',
  size: '985',
  price: '0.00001305',
  product_id: 'SKL-BTC',
  sequence: 177100030,
  time: '2021-04-17T16:43:37.089723Z',
};
const HEARTBEAT = {
  type: 'heartbeat',
  sequence: 90,
  last_trade_id: 280240,
  product_id: 'SKL-BTC',
  time: '2021-04-17T16:43:38.464459Z',
};
const TICK = {
  instrument: 0,
  eventTime: Date.UTC(2021, 3, 17, 16, 43, 37) * 1000 + 89_723,
  receiveTime: 7,
  price: 0.00001305,
  quantity: 985,
  volume: 985,
  side: Side.buy,
  kind: TickKind.trade,
  idSpace: 1,
  tradeId: 280232,
  cumulativeVolume: -1,
  offset: 3,
  index: 0,
};

const table = new InstrumentTable();
for (const id of ['SKL-BTC', 'SKL-USD']) table.add(coinbaseInstrument(instrumentKey(`COINBASE|${id}`)));
const createDecoder = (): CoinbaseDecoder => new CoinbaseDecoder(table);
const venue = { table, createDecoder };

test("a match is a tick; its side is the maker's, so the aggressor's is the other one", () => {
  const decoder = createDecoder();
  expect(decodeOne(decoder, JSON.stringify(MATCH))).toEqual({ what: Decoded.ticks, ticks: [TICK] });
  const bought = decodeOne(decoder, JSON.stringify({ ...MATCH, side: 'buy' }));
  expect(bought.ticks[0]?.side).toBe(Side.sell);
  expect(decoder.counts).toMatchObject({ ticks: 2, fallbacks: 0 });
});

test('a last match is a trade as any other: it has its id', () => {
  const { ticks } = decodeOne(createDecoder(), JSON.stringify({ ...MATCH, type: 'last_match' }));
  expect(ticks).toEqual([TICK]);
});

test('a heartbeat is no tick but a notice of the newest id', () => {
  const decoder = createDecoder();
  const { what, ticks } = decodeOne(decoder, JSON.stringify(HEARTBEAT));
  expect(what).toBe(Decoded.other);
  expect(ticks).toMatchObject([{ kind: TickKind.notice, tradeId: 280240, price: 0, instrument: 0 }]);
  expect(decoder.counts).toMatchObject({ ticks: 0, fallbacks: 0, other: { heartbeat: 1 } });
});

test('what is no trade is counted by its type, replies as control', () => {
  const decoder = createDecoder();
  for (const type of ['ticker', 'l2update', 'snapshot', 'received'])
    decodeOne(decoder, `{"type":"${type}","x":1}`);
  expect(decodeOne(decoder, '{"type":"subscriptions","channels":[]}').what).toBe(Decoded.control);
  expect(decodeOne(decoder, '{"type":"error","message":"no"}').what).toBe(Decoded.control);
  expect(decoder.counts.other).toEqual({ ticker: 1, l2update: 1, snapshot: 1, received: 1 });
});

test.each([
  ['malformed', '{"type":"match",'],
  ['unknownLayout', '[1,2]'],
  ['unknownLayout', '{"kind":"match"}'],
  ['missingField', JSON.stringify({ ...MATCH, price: undefined })],
  ['missingField', JSON.stringify({ ...MATCH, trade_id: undefined, tradeId: 5 })],
  ['badPrice', JSON.stringify({ ...MATCH, price: '0' })],
  ['badPrice', JSON.stringify({ ...MATCH, price: 'NaN' })],
  ['badQuantity', JSON.stringify({ ...MATCH, size: '-1' })],
  ['badTime', JSON.stringify({ ...MATCH, time: 1618677817 })],
  ['badId', JSON.stringify({ ...MATCH, trade_id: '280232' })],
  ['badId', JSON.stringify({ ...MATCH, trade_id: 1.5 })],
  ['unknownInstrument', JSON.stringify({ ...MATCH, product_id: 'ETH-USD' })],
])('a frame that is wrong is refused as %s and counted: %s', (reason, frame) => {
  const decoder = createDecoder();
  expect(decodeOne(decoder, frame)).toEqual({ what: Decoded.rejected, ticks: [] });
  expect(decoder.counts.rejected).toMatchObject({ [reason]: 1 });
});

test('an answer, newest first, gives its trades oldest first; a row that is wrong is counted alone', () => {
  const decoder = createDecoder();
  const row = (trade_id: number) => ({ time: MATCH.time, trade_id, price: '1.5', size: '2', side: 'buy' });
  const path = '/products/SKL-USD/trades?limit=3&after=12';
  const { what, ticks } = decodeAnswer(decoder, path, [row(11), { ...row(10), price: 0 }, row(9)]);
  expect(what).toBe(Decoded.ticks);
  expect(ticks).toMatchObject([
    { tradeId: 9, index: 0, instrument: 1, side: Side.sell },
    { tradeId: 11, index: 1 },
  ]);
  expect(decoder.counts.rejected.badPrice).toBe(1);
  expect(decodeAnswer(decoder, path, []).what).toBe(Decoded.other);
  expect(decodeAnswer(decoder, path, { message: 'NotFound' }).what).toBe(Decoded.rejected);
  expect(decodeAnswer(decoder, '/products/SKL-USD/candles?x=1', [[1, 2]]).what).toBe(Decoded.other);
});

const FRAMES = [MATCH, { ...MATCH, type: 'last_match' }, HEARTBEAT].map((frame) => JSON.stringify(frame));

test('a frame cut off at any byte gives no tick', () => {
  for (const frame of FRAMES) {
    for (let length = 0; length < frame.length; length++) {
      expect(decodeOne(createDecoder(), frame.slice(0, length)).ticks).toEqual([]);
    }
  }
});

test('keys may come in any order', () => {
  fc.assert(
    fc.property(fc.oneof(shuffled(MATCH), shuffled(HEARTBEAT)), (frame) => {
      const { ticks } = decodeOne(createDecoder(), frame);
      expect(ticks).toEqual(
        decodeOne(createDecoder(), frame.includes('heartbeat') ? FRAMES[2] : FRAMES[0]).ticks,
      );
    }),
  );
});

test('whatever is done to a frame, the scanner takes nothing that JSON.parse would read otherwise', () => {
  fc.assert(
    fc.property(mangled(FRAMES), (frame) => expectSameBothWays(venue, frame)),
    { numRuns: 3000 },
  );
});
