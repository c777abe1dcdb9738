import { isDeepStrictEqual } from 'node:util';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { decodeOne } from '../decode-fixture.ts';
import { Decoded } from '../decoder.ts';
import { decoderOf, encoded, fullFeed, KEYS, liveFrame, NOON_MS, Readers, tableOf } from './feed-fixture.ts';
import type { Read } from './feed-fixture.ts';

const table = tableOf(...KEYS);
const readers = new Readers(table);
const decoder = decoderOf(table, { onVenueCandle: () => {} });

/** Of instruments that nobody knows it is told only that they were refused. */
function known(read: Read): Read {
  return read === undefined
    ? undefined
    : { ...read, rows: read.rows.filter(([instrument]) => instrument >= 0) };
}

/** The one promise of the scanner: what it takes, protobufjs takes and reads the same. */
function agree(bytes: Buffer): void {
  const scanned = readers.scan(bytes);
  const parsed = readers.parse(bytes);
  if (scanned !== undefined && !isDeepStrictEqual(known(parsed), known(scanned))) {
    expect(parsed, bytes.toString('hex')).toEqual(scanned);
  }
  const { what, ticks } = decodeOne(decoder, bytes);
  if (what === Decoded.rejected) expect(ticks).toEqual([]);
  if (parsed === undefined && bytes[0] !== 0x7b) expect(what, bytes.toString('hex')).toBe(Decoded.rejected);
}

const frame = liveFrame({
  [KEYS[0]]: fullFeed(),
  [KEYS[2]]: {
    fullFeed: {
      indexFF: {
        ltpc: { ltp: 26244.1, ltt: NOON_MS, cp: 26205.3 },
        marketOHLC: { ohlc: [{ interval: 'I1', open: 1, high: 2, low: 1, close: 2, ts: 1_742_373_900_000 }] },
      },
    },
  },
  [KEYS[3]]: {
    firstLevelWithGreeks: { ltpc: { ltp: 1.05, ltt: NOON_MS, ltq: 75 }, vtt: 12, firstDepth: { bidQ: 1 } },
  },
  [KEYS[1]]: { ltpc: { ltp: 219.3, ltt: NOON_MS, ltq: 75, cp: 494.05 } },
  'NSE_EQ|UNKNOWN': fullFeed(),
});

test('the frame that is mutated below is one that the scanner takes', () => {
  expect(readers.scan(frame)?.rows).toHaveLength(5);
  agree(frame);
});

test('a frame cut off at any byte is refused, or read the same by both', () => {
  for (let end = 0; end < frame.length; end++) agree(frame.subarray(0, end));
});

test('a frame with any bytes changed is refused, or read the same by both', () => {
  const change = fc.record({ at: fc.nat(frame.length - 1), byte: fc.nat(255) });
  fc.assert(
    fc.property(fc.array(change, { minLength: 1, maxLength: 4 }), (changes) => {
      const bytes = Buffer.from(frame);
      for (const { at, byte } of changes) bytes[at] = byte;
      agree(bytes);
    }),
    { numRuns: 5_000 },
  );
});

test('every single byte set to each of the values that mean something is read the same by both', () => {
  const values = [0, 0x0a, 0x12, 0x7f, 0x80];
  for (let at = 0; at < frame.length; at++) {
    for (const value of values) {
      const bytes = Buffer.from(frame);
      bytes[at] = value;
      agree(bytes);
    }
  }
});

test('bytes taken out, put in or told twice leave both readers of one mind', () => {
  const piece = fc.record({ at: fc.nat(frame.length), length: fc.nat(40), to: fc.nat(frame.length) });
  fc.assert(
    fc.property(piece, fc.uint8Array({ maxLength: 12 }), ({ at, length, to }, noise) => {
      const cut = Buffer.concat([frame.subarray(0, at), frame.subarray(at + length)]);
      agree(cut);
      agree(Buffer.concat([frame.subarray(0, to), noise, frame.subarray(to)]));
      agree(Buffer.concat([frame.subarray(0, to), frame.subarray(at, at + length), frame.subarray(to)]));
    }),
    { numRuns: 1_000 },
  );
});

// A writer of its own, that does what no encoder does: any order, unknown fields, fields told twice, long varints.
const varint = (value: number, padding = 0): number[] => {
  const bytes: number[] = [];
  for (let rest = value; ; rest = Math.floor(rest / 128)) {
    if (rest < 128) {
      bytes.push(rest);
      break;
    }
    bytes.push((rest % 128) | 128);
  }
  for (let i = 0; i < padding; i++) {
    bytes[bytes.length - 1] |= 128;
    bytes.push(0);
  }
  return bytes;
};
const double = (value: number): number[] => {
  const bytes = Buffer.alloc(8);
  bytes.writeDoubleLE(value);
  return [...bytes];
};
const text = (value: string): number[] => [...Buffer.from(value)];
const field = (tag: number, value: number[]): number[] => [tag, ...value];
const inside = (tag: number, value: number[], padding = 0): number[] => [
  tag,
  ...varint(value.length, padding),
  ...value,
];
const shuffled = (fields: fc.Arbitrary<number[]>[], more: fc.Arbitrary<number[]>[] = []) =>
  fc
    .tuple(
      fc.tuple(...fields.map((one) => fc.option(one, { freq: 8 }))),
      fc.array(fc.oneof(...fields, ...more), { maxLength: 1 }),
      fc.nat(4),
    )
    .chain(([chosen, extra, often]) => {
      const all = [...chosen.filter((one) => one !== null), ...(often === 0 ? extra : [])];
      return fc.shuffledSubarray(all, { minLength: all.length });
    })
    .map((parts) => parts.flat());

const price = fc.oneof(fc.double({ min: 0.05, max: 1e5, noNaN: true }), fc.double());
const whole = fc.oneof(fc.nat(1000), fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }));
const time = fc.oneof(fc.integer({ min: 1.7e12, max: 1.8e12 }), whole);
const padded = fc.constantFrom(0, 0, 0, 1, 3, 7);
const unknown = fc.oneof(
  whole.map((value) => field(0x78, varint(value))),
  fc.uint8Array({ maxLength: 5 }).map((value) => inside(0x7a, [...value])),
  fc.nat(1).map((value) => [0xa0, 0x06, value]),
);
const ltpc = shuffled(
  [
    price.map((value) => field(0x09, double(value))),
    fc.tuple(time, padded).map(([value, pad]) => field(0x10, varint(value, pad))),
    whole.map((value) => field(0x18, varint(value))),
    price.map((value) => field(0x21, double(value))),
  ],
  [unknown],
);
const quote = shuffled([
  whole.map((value) => field(0x08, varint(value))),
  price.map((value) => field(0x11, double(value))),
  whole.map((value) => field(0x18, varint(value))),
  price.map((value) => field(0x21, double(value))),
]);
const ohlc = shuffled([
  fc.constantFrom('I1', '1d').map((value) => inside(0x0a, text(value))),
  price.map((value) => field(0x11, double(value))),
  price.map((value) => field(0x19, double(value))),
  whole.map((value) => field(0x30, varint(value))),
  time.map((value) => field(0x38, varint(value))),
]);
const market = shuffled(
  [
    ltpc.map((value) => inside(0x0a, value)),
    quote.map((value) => inside(0x12, inside(0x0a, value))),
    price.map((value) => inside(0x1a, field(0x09, double(value)))),
    ohlc.map((value) => inside(0x22, inside(0x0a, value))),
    price.map((value) => field(0x29, double(value))),
    fc.tuple(whole, padded).map(([value, pad]) => field(0x30, varint(value, pad))),
    price.map((value) => field(0x51, double(value))),
  ],
  [unknown],
);
const feed = shuffled(
  [
    fc.oneof(
      ltpc.map((value) => inside(0x0a, value)),
      market.map((value) => inside(0x12, inside(0x0a, value))),
      ltpc.map((value) => inside(0x12, inside(0x12, inside(0x0a, value)))),
      fc
        .tuple(ltpc, whole)
        .map(([one, volume]) => inside(0x1a, [...inside(0x0a, one), ...field(0x20, varint(volume))])),
    ),
    fc.nat(3).map((value) => field(0x20, [value])),
  ],
  [unknown, ltpc.map((value) => inside(0x0a, value))],
);
const entry = fc
  .tuple(fc.constantFrom(...KEYS, 'NSE_EQ|NOBODY', 'é', '__proto__'), feed, fc.boolean(), padded)
  .map(([key, value, isKeyFirst, pad]) => {
    const parts = [inside(0x0a, text(key)), inside(0x12, value, pad)];
    return inside(0x12, (isKeyFirst ? parts : parts.toReversed()).flat());
  });
const wire = fc
  .tuple(fc.array(entry, { maxLength: 4 }), fc.nat(3), time)
  .chain(([entries, type, now]) =>
    fc.shuffledSubarray([...entries, field(0x08, [type]), field(0x18, varint(now))]),
  )
  .map((parts) => Buffer.from(parts.flat()));

test('fields in any order, missing, unknown, told twice or of odd length are read the same by both', () => {
  let scanned = 0;
  let frames = 0;
  fc.assert(
    fc.property(wire, (bytes) => {
      frames++;
      if (readers.scan(bytes) !== undefined) scanned++;
      agree(bytes);
    }),
    { numRuns: 3_000 },
  );
  // Enough of both kinds, or the property would be of nothing.
  expect(scanned).toBeGreaterThan(frames / 50);
  expect(scanned).toBeLessThan(frames);
});

test('an instrument twice in a frame, and a form beside another, are left to the parser', () => {
  const one = liveFrame({ [KEYS[0]]: fullFeed() });
  expect(readers.scan(Buffer.concat([one, one.subarray(2)]))).toBeUndefined();
  const both = encoded({ type: 'live_feed', feeds: { [KEYS[0]]: fullFeed() } });
  expect(readers.scan(both)).toBeDefined();
});
