import type { Random } from '../faults/random.ts';
import type { Rubbish } from '../faults/rubbish.ts';
import { doubleField, integerField, joined, messageField, textField } from './wire.ts';

const MAX_NOISE_BYTES = 200;
/** No instrument of the market has this key. */
const NO_KEY = 'NSE_EQ|NOSUCHINSTRUMENT';

/**
 * Something that a decoder must refuse, or that says nothing new: noise, feeds of an instrument that does not exist, a
 * piece of a message that was sent whole. `message` has a character a byte.
 */
export function makeFeedRubbish(random: Random, message: string): Rubbish {
  const kind = KINDS[Math.floor(random() * KINDS.length)];
  return kind(random, Buffer.from(message, 'latin1'));
}

const KINDS: readonly ((random: Random, message: Buffer) => Uint8Array)[] = [
  () => new Uint8Array(0),
  (random) =>
    // Field number 0 first: nothing that follows can make it a message.
    Uint8Array.from({ length: 1 + Math.floor(random() * MAX_NOISE_BYTES) }, (_, at) =>
      at === 0 ? 0x01 : Math.floor(random() * 256),
    ),
  (random, message) => message.subarray(0, Math.floor(random() * message.length)),
  (_, message) => joined([message.subarray(0, message.length >> 1), [0xff]]),
  () => nobody(-1),
  () => nobody(Number.NaN),
  () => nobody(12.5),
  () => integerField(1, 99),
];

function nobody(price: number): Uint8Array {
  const ltpc = messageField(1, [doubleField(1, price), integerField(2, 1_700_000_000_000)]);
  return joined([integerField(1, 1), messageField(2, [textField(1, NO_KEY), messageField(2, [ltpc])])]);
}
