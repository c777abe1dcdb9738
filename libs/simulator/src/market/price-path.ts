import { fraction, hashPair, hashWide } from './hash.ts';
import type { SimulatedInstrument } from './instruments.ts';

/**
 * The middle price at any moment: octaves of value noise over periods from 2 s to 24 days, the amplitude growing with
 * the square root of the period as a random walk's does, the fast ones multiplied by a volatility that itself wanders
 * (calm and nervous hours). Continuous, always positive, and computed without walking there. Only + - * / and square
 * roots, which IEEE 754 rounds alike everywhere; exp and log are not used because engines may differ in them.
 */
const OCTAVE_PERIODS_S = [2, 8, 32, 128, 512, 2048, 8192, 32_768, 131_072, 524_288, 2_097_152] as const;
const VOLATILITY_PERIODS_S = [1200, 21_600] as const;
/** Volatility changes what is faster than itself. */
const MODULATED_OCTAVES = 6;
const DAY_S = 86_400;

const AMPLITUDES = OCTAVE_PERIODS_S.map((period) => Math.sqrt(period / DAY_S));

/** The middle price at a time, in price ticks, not rounded. */
export function middlePriceTicks(instrument: SimulatedInstrument, ms: number): number {
  const seconds = ms / 1000;
  const { hash } = instrument;
  let fast = 0;
  for (let at = 0; at < MODULATED_OCTAVES; at++) {
    fast += AMPLITUDES[at] * noise(hashPair(hash, 100 + at), seconds / OCTAVE_PERIODS_S[at]);
  }
  let slow = 0;
  for (let at = MODULATED_OCTAVES; at < OCTAVE_PERIODS_S.length; at++) {
    slow += AMPLITUDES[at] * noise(hashPair(hash, 100 + at), seconds / OCTAVE_PERIODS_S[at]);
  }
  const movement = instrument.dailyVolatility * (fast * volatility(hash, seconds) + slow);
  return instrument.baseTicks * growth(movement);
}

/** Between about a third and three. */
function volatility(hash: number, seconds: number): number {
  const wander =
    noise(hashPair(hash, 200), seconds / VOLATILITY_PERIODS_S[0]) +
    noise(hashPair(hash, 201), seconds / VOLATILITY_PERIODS_S[1]);
  return growth(0.6 * wander);
}

/** Nearly exp(x), positive for |x| below 2. */
function growth(x: number): number {
  return (1 + x / 2) / (1 - x / 2);
}

/** Value noise in -1..1: hashed values at the integers, a smooth step between them. */
function noise(hash: number, position: number): number {
  const cell = Math.floor(position);
  const within = position - cell;
  const from = 2 * fraction(hashWide(hash, cell)) - 1;
  const to = 2 * fraction(hashWide(hash, cell + 1)) - 1;
  return from + (to - from) * within * within * (3 - 2 * within);
}
