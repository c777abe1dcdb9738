/**
 * Counter-based randomness: the market has no state, so every number in it is a hash of where it stands. 32-bit integer
 * arithmetic only, which gives the same bits on every machine and every engine.
 */

/** Spreads the bits of a 32-bit integer ("lowbias32", found by search: nullprogram.com/blog/2018/07/31). */
export function mix(value: number): number {
  let x = value | 0;
  x = Math.imul(x ^ (x >>> 16), 0x7feb352d);
  x = Math.imul(x ^ (x >>> 15), 0x846ca68b);
  return x ^ (x >>> 16);
}

/** A 32-bit hash of two 32-bit integers; the order matters. */
export function hashPair(first: number, second: number): number {
  return mix(mix(first) + Math.imul(second, 0x9e3779b1));
}

/** As `hashPair`, for a second number anywhere in 0..2^53-1. */
export function hashWide(first: number, second: number): number {
  return hashPair(hashPair(first, second >>> 0), Math.floor(second / 0x1_0000_0000));
}

/** A 32-bit hash of a text (FNV-1a over its UTF-16 units, then mixed). */
export function hashText(text: string): number {
  let hash = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193);
  return mix(hash);
}

/** The hash as a fraction in [0, 1). */
export function fraction(hash: number): number {
  return (hash >>> 0) / 0x1_0000_0000;
}
