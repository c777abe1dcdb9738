import type { Random } from './random.ts';

/** A message that is not one: text, or bytes for a binary message. */
export type Rubbish = string | Uint8Array;

const MAX_NOISE_BYTES = 200;
/** No instrument of the market can have this symbol: it is longer than a symbol may be. */
const NO_SYMBOL = 'NOSUCHINSTRUMENTATALLX';

/**
 * Something that a decoder must refuse. Where it is well-formed it speaks of a symbol that does not exist, so that
 * even a decoder which accepts it stores nothing of a real instrument; where it is cut off a real message, that message
 * was sent whole before.
 */
export function makeRubbish(random: Random, message: string): Rubbish {
  const kinds = KINDS[Math.floor(random() * KINDS.length)];
  return kinds(random, message);
}

function trade(fields: string): string {
  return `{"e":"trade","E":1,"s":"${NO_SYMBOL}",${fields},"T":1,"m":true,"M":true}`;
}

const KINDS: readonly ((random: Random, message: string) => Rubbish)[] = [
  () => '{"e":"trade","E":,,}',
  () => '',
  () => 'null',
  () => '[]',
  () => '{}',
  () => '"trade"',
  (random, message) => message.slice(0, Math.floor(random() * (message.length - 1))),
  (random, message) => `${message}${message.slice(0, 1 + Math.floor(random() * (message.length - 1)))}`,
  () => trade('"t":"one","p":"1.00000000","q":"1.00000000"'),
  () => trade('"t":1,"p":null,"q":{"much":true}'),
  () => trade('"t":1,"p":"-5.00000000","q":"1.00000000"'),
  () => trade('"t":2,"p":"NaN","q":"-1.00000000"'),
  () => trade('"t":3,"p":"1e999","q":"Infinity"'),
  () => trade('"t":-1,"p":"0.00000000","q":"0.00000000"'),
  () => `{"stream":"${NO_SYMBOL.toLowerCase()}@trade","data":"trade"}`,
  () => '{"e":"moonPhase","E":1,"s":"ALPHA","phase":"waning"}',
  (random) =>
    Uint8Array.from({ length: 1 + Math.floor(random() * MAX_NOISE_BYTES) }, () => Math.floor(random() * 256)),
];
