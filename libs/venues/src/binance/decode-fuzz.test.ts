import fc from 'fast-check';
import { expect, test } from 'vitest';
import { AGG_TRADE, combined, decodeOne, decoderOf, tableOf, TRADE } from '../decode-fixture.ts';
import type { Row } from '../decode-fixture.ts';
import { parseFrame } from './parse.ts';

const table = tableOf('BTCUSDT', 'ETHUSDT');
const decoder = decoderOf(table);

/** What JSON.parse alone makes of the bytes: the judge of the scanner. */
function judged(bytes: Buffer): Partial<Row>[] {
  const parsed = parseFrame(bytes);
  if (parsed.what !== 'trade') return [];
  const { trade } = parsed;
  const instrument = table.indexOf(`BINANCE|${trade.symbol}`);
  if (instrument < 0) return [];
  const side = trade.isBuyerMaker === undefined ? 0 : trade.isBuyerMaker ? 2 : 1;
  return [
    {
      instrument,
      eventTime: trade.timeMicros,
      price: trade.price,
      quantity: trade.quantity,
      volume: trade.quantity,
      tradeId: trade.id,
      idSpace: trade.isAggregate ? 2 : 1,
      side,
    },
  ];
}

const decimal = fc
  .tuple(fc.nat(99_999_999), fc.nat(99_999_999), fc.nat(10))
  .map(([whole, part, cut]) =>
    `${whole}.${String(part).padStart(8, '0')}`.slice(0, 8 + cut).replace(/\.$/, ''),
  );

const event = fc
  .record({
    isAggregate: fc.boolean(),
    s: fc.constantFrom('BTCUSDT', 'ETHUSDT', 'DOGEUSDT'),
    p: decimal,
    q: decimal,
    T: fc.oneof(
      fc.integer({ min: 1e12, max: 2e12 }),
      fc.integer({ min: 1e15, max: 2e15 }),
      fc.integer({ min: 0, max: 1e17 }),
    ),
    id: fc.oneof(fc.nat(), fc.maxSafeNat()),
    m: fc.boolean(),
  })
  .map(({ isAggregate, id, ...rest }) => ({
    ...(isAggregate ? AGG_TRADE : TRADE),
    ...rest,
    ...(isAggregate ? { a: id } : { t: id }),
  }));

/** Keys that look like the ones that matter, at the wrong place or in the wrong form. */
const decoys = fc.dictionary(
  fc.constantFrom('x', 'X', 'b', 'note', 'data', 'stream', 'ee', 'é', 'a"p', 'k'),
  fc.oneof(
    fc.constantFrom<unknown>(
      '"p":"1"',
      ',"p":"1",',
      '\\',
      '"',
      'a\\"p\\":',
      '}',
      '\u0000',
      'ü',
      '',
      '{"e":"trade"}',
    ),
    fc.constantFrom<unknown>(null, true, false, 0, 12, 1.5, -3, 1e30),
    fc.constantFrom<unknown>({ p: '1', q: '2' }, ['p', '1'], { e: 'trade', data: { p: '9' } }),
  ),
  { maxKeys: 3 },
);

function shuffled(fields: object, order: readonly number[]): object {
  const entries = Object.entries(fields).map((entry, i) => ({
    entry,
    rank: order[i % order.length] * 31 + (i % 7),
  }));
  return Object.fromEntries(entries.toSorted((a, b) => a.rank - b.rank).map(({ entry }) => entry));
}

const frame = fc
  .record({
    event,
    decoys,
    order: fc.array(fc.nat(1000), { minLength: 3, maxLength: 12 }),
    envelope: fc.constantFrom('raw', 'combined', 'data first', 'more'),
    indent: fc.constantFrom(0, 0, 0, 1),
  })
  .map((made) => {
    const data = shuffled({ ...made.decoys, ...made.event }, made.order);
    const stream = 'btcusdt@trade';
    if (made.envelope === 'raw') return JSON.stringify(data, null, made.indent);
    if (made.envelope === 'combined') return JSON.stringify({ stream, data }, null, made.indent);
    if (made.envelope === 'data first') return JSON.stringify({ data, stream }, null, made.indent);
    return JSON.stringify({ stream, extra: 1, data }, null, made.indent);
  });

test('whatever the order of keys, the envelope and the decoys, the scanner says what JSON.parse says', () => {
  let ticks = 0;
  const run = (text: string): void => {
    const bytes = Buffer.from(text);
    const found = decodeOne(decoder, bytes).ticks;
    ticks += found.length;
    expect(found).toMatchObject(judged(bytes));
    expect(found.length).toBe(judged(bytes).length);
  };
  fc.assert(fc.property(frame, run), { numRuns: 1500 });
  // The property must not hold because nothing ever is a tick.
  expect(ticks).toBeGreaterThan(150);
});

test('the keys of a plain trade in any order need no fallback', () => {
  const own = decoderOf(table);
  const order = fc.array(fc.nat(1000), { minLength: 9, maxLength: 9 });
  const run = (ranks: number[], isRaw: boolean): void => {
    const data = shuffled(TRADE, ranks);
    expect(decodeOne(own, isRaw ? JSON.stringify(data) : combined(data)).ticks).toHaveLength(1);
  };
  fc.assert(fc.property(order, fc.boolean(), run), { numRuns: 500 });
  expect(own.counts.fallbacks).toBe(0);
});

test.each([
  ['trade', combined(TRADE)],
  ['raw trade', JSON.stringify(TRADE)],
  ['aggregate trade', combined(AGG_TRADE)],
  ['trade in data-first envelope', JSON.stringify({ data: TRADE, stream: 'btcusdt@trade' })],
])('a %s cut off anywhere makes no tick', (_name, text) => {
  const bytes = Buffer.from(text);
  for (let end = 0; end < bytes.length; end++) {
    expect(decodeOne(decoder, bytes.subarray(0, end)).ticks).toEqual([]);
  }
  expect(decodeOne(decoder, bytes).ticks).toHaveLength(1);
});

test('a frame with bytes changed, doubled or left out makes the tick that JSON.parse would read, or none', () => {
  const change = fc.record({
    at: fc.nat(400),
    what: fc.constantFrom('set', 'insert', 'remove', 'copy'),
    // Bytes that mean something in JSON, more often than not.
    byte: fc.oneof(fc.constantFrom(...Buffer.from('"{}[],:\\0123456789.eE+-tfnpqTsa \n')), fc.nat(255)),
  });
  let ticks = 0;
  const run = (text: string, changes: { at: number; what: string; byte: number }[]): void => {
    const bytes = [...Buffer.from(text)];
    for (const { at, what, byte } of changes) {
      const place = at % bytes.length;
      if (what === 'set') bytes[place] = byte;
      else if (what === 'insert') bytes.splice(place, 0, byte);
      else if (what === 'remove') bytes.splice(place, 1);
      else bytes.splice(place, 0, ...bytes.slice(place, place + (byte % 40)));
      if (bytes.length === 0) return;
    }
    const mutated = Buffer.from(bytes);
    const found = decodeOne(decoder, mutated).ticks;
    ticks += found.length;
    if (found.length > 0) expect(found).toMatchObject(judged(mutated));
  };
  const base = fc.constantFrom(combined(TRADE), JSON.stringify(TRADE), combined(AGG_TRADE));
  fc.assert(fc.property(base, fc.array(change, { minLength: 1, maxLength: 3 }), run), { numRuns: 3000 });
  expect(ticks).toBeGreaterThan(150);
});

test('no bytes at all make it throw', () => {
  const run = (bytes: Uint8Array): void => {
    decodeOne(decoder, Buffer.from(bytes));
    decodeOne(decoder, Buffer.concat([Buffer.from('{"'), bytes, Buffer.from('}')]));
  };
  fc.assert(fc.property(fc.uint8Array({ maxLength: 64 }), run), { numRuns: 1000 });
});
