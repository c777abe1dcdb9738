// What the decoder fuzz tests of the venues share: a frame's bytes with something wrong, and the plain way as the judge.
import type { InstrumentTable } from '@tickwright/market';
import fc from 'fast-check';
import { expect } from 'vitest';
import { decodeOne } from './decode-fixture.ts';
import { Decoded } from './decoder.ts';
import type { Decoder } from './decoder.ts';

export interface FuzzedVenue {
  readonly table: InstrumentTable;
  readonly createDecoder: (table: InstrumentTable) => Decoder;
}

/** White space before a frame changes nothing of its meaning, and no scanner takes it: JSON.parse reads the frame. */
const slowly = (frame: Buffer): Buffer => Buffer.concat([Buffer.from(' '), frame]);

/** Whatever the scanner takes for a tick is what the plain way makes of the same bytes; neither throws. */
export function expectSameBothWays(venue: FuzzedVenue, frame: Buffer): void {
  const fast = decodeOne(venue.createDecoder(venue.table), frame);
  const slow = decodeOne(venue.createDecoder(venue.table), slowly(frame));
  // A scanner that has seen what a frame is and that it holds no trade looks no further.
  if (fast.what === Decoded.other && fast.ticks.length === 0 && slow.what === Decoded.rejected) return;
  if (fast.what === Decoded.control && slow.what === Decoded.rejected) return;
  expect(fast).toEqual(slow);
}

/** A frame with bytes changed, left out or put in, or cut off. */
export const mangled = (frames: readonly string[]): fc.Arbitrary<Buffer> =>
  fc
    .record({
      frame: fc.constantFrom(...frames),
      edits: fc.array(
        fc.record({ at: fc.nat(), drop: fc.nat(3), put: fc.oneof(fc.uint8Array({ maxLength: 3 }), pieces) }),
        { minLength: 1, maxLength: 3 },
      ),
    })
    .map(({ frame, edits }) => {
      let bytes = Buffer.from(frame);
      for (const { at, drop, put } of edits) {
        const place = at % (bytes.length + 1);
        bytes = Buffer.concat([bytes.subarray(0, place), put, bytes.subarray(place + drop)]);
      }
      return bytes;
    });

const pieces = fc
  .constantFrom('"', ',', '{', '}', '[', ']', ':', '0', '-', 'e5', '.', '\\u0041', '"price":1,', 'null', '00')
  .map((text) => Buffer.from(text));

/** An object's text with its keys in another order. */
export const shuffled = (object: object): fc.Arbitrary<string> =>
  fc
    .shuffledSubarray(Object.entries(object), { minLength: Object.keys(object).length })
    .map((entries) => JSON.stringify(Object.fromEntries(entries)));
