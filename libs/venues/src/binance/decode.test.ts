import { IdSpace, instrumentKey, Side, TickBatch, TickKind } from '@tickwright/market';
import { expect, test } from 'vitest';
import {
  AGG_TRADE,
  combined,
  decodeAnswer,
  decodeOne,
  decoderOf,
  tableOf,
  TRADE,
} from '../decode-fixture.ts';
import { Decoded, MAX_TICKS_A_FRAME } from '../decoder.ts';
import { MAX_FRAME_BYTES } from '../limits.ts';
import { binanceInstrument } from './instruments.ts';

test('a combined trade becomes one tick with every field set', () => {
  const decoder = decoderOf(tableOf('ETHUSDT', 'BTCUSDT'));
  expect(decodeOne(decoder, combined(TRADE))).toEqual({
    what: Decoded.ticks,
    ticks: [
      {
        instrument: 1,
        eventTime: 1723161255342000,
        receiveTime: 7,
        price: 61837.63,
        quantity: 0.02,
        volume: 0.02,
        side: Side.sell,
        kind: TickKind.trade,
        idSpace: IdSpace.trade,
        tradeId: 3735683259,
        cumulativeVolume: -1,
        offset: 3,
        index: 0,
      },
    ],
  });
  expect(decoder.counts).toMatchObject({ ticks: 1, fallbacks: 0 });
});

test('an aggregate trade has an id of its own space, and a buyer who took', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const { ticks } = decodeOne(decoder, JSON.stringify(AGG_TRADE));
  expect(ticks).toMatchObject([
    { tradeId: 15683430, idSpace: IdSpace.aggTrade, side: Side.buy, quantity: 58 },
  ]);
  expect(decoder.counts.fallbacks).toBe(0);
});

test('a trade that carries the order ids of older protocols keeps its trade id', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const { ticks } = decodeOne(decoder, combined({ ...TRADE, b: 88, a: 50 }));
  expect(ticks).toMatchObject([{ tradeId: TRADE.t, idSpace: IdSpace.trade }]);
});

test('times in microseconds are taken as they are', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const { ticks } = decodeOne(decoder, combined({ ...TRADE, T: 1723161255342123 }));
  expect(ticks).toMatchObject([{ eventTime: 1723161255342123 }]);
});

test('decimals are the numbers nearest to their text, however many digits', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const texts = [
    '0.00000001',
    '123456789012345678.90000000',
    '9007199254740993',
    '0.1234567890123456789012345678',
  ];
  for (const text of [...texts, '1.0', '000.50', '90071992547.40993000', '5e', '0.30000000000000004']) {
    const { ticks } = decodeOne(decoder, combined({ ...TRADE, p: text }));
    if (text === '5e') expect(ticks).toEqual([]);
    else expect(ticks).toMatchObject([{ price: Number(text) }]);
  }
});

test.each([
  ['the event', '"e":"aggTrade","a":5,', TRADE.t],
  ['the id', '"t":1,', TRADE.t],
  ['the price', '"p":"5",', TRADE.t],
])('where a key comes twice (%s) the last one counts, as for JSON.parse', (_name, before, tradeId) => {
  const frame = JSON.stringify(TRADE).replace('{', `{${before}`);
  const { ticks } = decodeOne(decoderOf(tableOf('BTCUSDT')), frame);
  expect(ticks).toMatchObject([{ tradeId, price: 61837.63, idSpace: IdSpace.trade }]);
});

test('an id that is told twice, last as a text, is no id', () => {
  const frame = JSON.stringify(AGG_TRADE).replace(/}$/, ',"a":"5"}');
  const decoder = decoderOf(tableOf('BTCUSDT'));
  expect(decodeOne(decoder, frame).what).toBe(Decoded.rejected);
  expect(decoder.counts.rejected.badId).toBe(1);
});

test('a trade without the maker flag is kept, its side unknown', () => {
  const { m: _, ...rest } = TRADE;
  expect(decodeOne(decoderOf(tableOf('BTCUSDT')), combined(rest)).ticks).toMatchObject([
    { side: Side.unknown },
  ]);
});

test.each([
  ['an empty frame', '', 'malformed'],
  ['no JSON', 'hello', 'malformed'],
  ['a list', '[]', 'unknownLayout'],
  ['an empty object', '{}', 'unknownLayout'],
  ['deep nesting', '['.repeat(10_000), 'malformed'],
  ['an unknown instrument', combined({ ...TRADE, s: 'DOGEUSDT' }), 'unknownInstrument'],
  ['a symbol in lower case', combined({ ...TRADE, s: 'btcusdt' }), 'unknownInstrument'],
  ['a price of zero', combined({ ...TRADE, p: '0.00000000' }), 'badPrice'],
  ['a negative price', combined({ ...TRADE, p: '-1.0' }), 'badPrice'],
  ['an infinite price', combined({ ...TRADE, p: '9'.repeat(400) }), 'badPrice'],
  ['a price that is no number', combined({ ...TRADE, p: 'NaN' }), 'badPrice'],
  ['a price in hexadecimal', combined({ ...TRADE, p: '0x10' }), 'badPrice'],
  ['a price that is null', combined({ ...TRADE, p: null }), 'badPrice'],
  ['a price that is empty', combined({ ...TRADE, p: '' }), 'badPrice'],
  ['a quantity of zero', combined({ ...TRADE, q: '0.00000000' }), 'badQuantity'],
  ['a quantity with a space', combined({ ...TRADE, q: ' 1' }), 'badQuantity'],
  ['a time in seconds', combined({ ...TRADE, T: 1723161255 }), 'badTime'],
  ['a time of zero', combined({ ...TRADE, T: 0 }), 'badTime'],
  ['an id beyond what float64 holds', combined(TRADE).replace('3735683259', '9007199254740993'), 'badId'],
  ['a negative id', combined({ ...TRADE, t: -1 }), 'badId'],
  ['an id that is a text', combined({ ...TRADE, t: '5' }), 'badId'],
  ['no price', combined({ ...TRADE, p: undefined }), 'missingField'],
  ['no symbol', combined({ ...TRADE, s: undefined }), 'missingField'],
])('%s is rejected and counted by its reason', (_name, frame, reason) => {
  const refused: string[] = [];
  const decoder = decoderOf(tableOf('BTCUSDT'), { onRejected: (why) => refused.push(why) });
  expect(decodeOne(decoder, frame)).toEqual({ what: Decoded.rejected, ticks: [] });
  expect(refused).toEqual([reason]);
  expect(decoder.counts.rejected).toMatchObject({ [reason]: 1 });
  expect(decoder.counts).toMatchObject({ ticks: 0, fallbacks: 0 });
});

test('a frame larger than the limit is rejected without being read', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const frame = `${' '.repeat(MAX_FRAME_BYTES)}${combined(TRADE)}`;
  expect(decodeOne(decoder, frame).what).toBe(Decoded.rejected);
  expect(decoder.counts.rejected.oversized).toBe(1);
});

test('frames without a trade are told apart by their type, whatever comes first in them', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const depth = { e: 'depthUpdate', E: 1, s: 'BTCUSDT', b: [['1', '2']], a: [] };
  const ticker = { u: 5, s: 'BTCUSDT', b: '1', B: '2', a: '3', A: '4' };
  for (const frame of [combined(depth), combined({ b: [['1']], e: 'depthUpdate' }), combined(ticker)]) {
    expect(decodeOne(decoder, frame).what).toBe(Decoded.other);
  }
  expect(decodeOne(decoder, '{"lastUpdateId":5,"bids":[]}').what).toBe(Decoded.other);
  expect(decoder.counts.other).toEqual({ depthUpdate: 2, bookTicker: 1, depthSnapshot: 1 });
  expect(decoder.counts.fallbacks).toBe(1);
});

test('made-up event types cannot fill the memory', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  for (let i = 0; i < 1000; i++) decodeOne(decoder, `{"e":"type${i}"}`);
  expect(Object.keys(decoder.counts.other).length).toBeLessThanOrEqual(65);
  expect(Object.values(decoder.counts.other).reduce((a, b) => a + b)).toBe(1000);
});

test('acknowledgements, errors and the shutdown notice are control frames, never fallbacks', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const notice = { e: 'serverShutdown', E: 1723161255343 };
  const frames = [
    '{"result":null,"id":1}',
    '{"code":2,"msg":"Invalid request","id":1}',
    JSON.stringify(notice),
  ];
  for (const frame of [...frames, JSON.stringify({ stream: '!serverShutdown', data: notice })]) {
    expect(decodeOne(decoder, frame)).toEqual({ what: Decoded.control, ticks: [] });
  }
  expect(decoder.counts).toMatchObject({ control: 4, fallbacks: 0 });
});

test('of the two kinds of trade only the wanted one is taken', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'), { streamKind: 'trade' });
  expect(decodeOne(decoder, combined(AGG_TRADE)).what).toBe(Decoded.other);
  expect(decodeOne(decoder, combined(TRADE)).what).toBe(Decoded.ticks);
  expect(decoder.counts.other).toEqual({ aggTrade: 1 });
});

test('instruments that are added later are decoded too', () => {
  const table = tableOf('BTCUSDT');
  const decoder = decoderOf(table);
  expect(decodeOne(decoder, combined({ ...TRADE, s: 'A' })).what).toBe(Decoded.rejected);
  for (let i = 0; i < 500; i++) {
    table.add(binanceInstrument(instrumentKey(`BINANCE|N${i}`), { name: 'binance', segment: 'BINANCE' }));
  }
  for (let i = 0; i < 500; i++) {
    expect(decodeOne(decoder, combined({ ...TRADE, s: `N${i}` })).ticks).toMatchObject([
      { instrument: i + 1 },
    ]);
  }
  expect(decoder.counts.rejected.unknownInstrument).toBe(1);
});

test('ticks are appended behind those that the batch holds', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const batch = new TickBatch(8);
  decoder.decode(Buffer.from(combined(TRADE)), 1, 10, batch);
  decoder.decode(Buffer.from(combined({ ...TRADE, t: 5 })), 2, 11, batch);
  expect(batch.count).toBe(2);
  expect([...batch.offset.subarray(0, 2)]).toEqual([10, 11]);
});

const ROW = { id: 5, price: '1.5', qty: '2', quoteQty: '3', time: 1621933655947, isBuyerMaker: true };

test('an answer with trades gives a tick a row, each with its place in the answer', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const path = '/api/v3/historicalTrades?symbol=BTCUSDT&fromId=5';
  const { what, ticks } = decodeAnswer(decoder, path, [ROW, { ...ROW, price: '0' }, { ...ROW, id: 7 }]);
  expect(what).toBe(Decoded.ticks);
  expect(ticks).toMatchObject([
    { tradeId: 5, index: 0, idSpace: IdSpace.trade, price: 1.5, quantity: 2, side: Side.sell, offset: 3 },
    { tradeId: 7, index: 2, eventTime: 1621933655947000 },
  ]);
  expect(decoder.counts.rejected.badPrice).toBe(1);
});

test('an answer with aggregate trades has ids of their space', () => {
  const decoder = decoderOf(tableOf('BTCUSDT'));
  const { ticks } = decodeAnswer(decoder, '/api/v3/aggTrades?symbol=BTCUSDT', [AGG_TRADE]);
  expect(ticks).toMatchObject([{ tradeId: AGG_TRADE.a, idSpace: IdSpace.aggTrade }]);
});

test.each([
  ['candles of the venue', '/api/v3/klines?symbol=BTCUSDT', [[1]], Decoded.other],
  ['an empty answer', '/api/v3/trades?symbol=BTCUSDT', [], Decoded.other],
  ['an error body', '/api/v3/trades?symbol=BTCUSDT', { code: -1121, msg: 'Invalid symbol.' }, Decoded.other],
  ['an unknown instrument', '/api/v3/trades?symbol=DOGEUSDT', [ROW], Decoded.rejected],
  ['a path without a symbol', '/api/v3/trades', [ROW], Decoded.rejected],
  ['a torn body', '/api/v3/trades?symbol=BTCUSDT', '[{"id":5,', Decoded.rejected],
  ['rows that are none', '/api/v3/trades?symbol=BTCUSDT', [null, 5, 'x', []], Decoded.rejected],
  [
    'too many rows',
    '/api/v3/trades?symbol=BTCUSDT',
    Array.from({ length: MAX_TICKS_A_FRAME + 1 }, () => ROW),
    Decoded.rejected,
  ],
])('an answer with %s makes no tick and no noise', (_name, path, body, what) => {
  expect(decodeAnswer(decoderOf(tableOf('BTCUSDT')), path, body)).toEqual({ what, ticks: [] });
});
