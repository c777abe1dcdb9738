import { fraction, mix } from '../market/hash.ts';

/** Seeded random numbers in [0, 1). */
export type Random = () => number;

/** The same seed gives the same numbers. */
export function createRandom(seed: number): Random {
  let state = mix(seed);
  return () => {
    state = (state + 0x9e3779b9) | 0;
    return fraction(mix(state));
  };
}
