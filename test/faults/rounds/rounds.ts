/** Whether this is the long form of `npm run test:faults`, or the few rounds of `npm test`. */
export const isLong = process.env['TICKWRIGHT_FAULT_LONG'] === '1';

/** How many rounds a fault test runs: few in `npm test`, as many as asked for in `npm run test:faults`, or its own. */
export function rounds(usual: number, long = 50): number {
  return positive('TICKWRIGHT_FAULT_ROUNDS') ?? (isLong ? long : usual);
}

/** The seed of this run; printed by a test that fails, so that the same moments can be tried again. */
export const seed = positive('TICKWRIGHT_FAULT_SEED') ?? 1 + (Date.now() % 1_000_000);

/**
 * Which part of the rounds this process runs: of `--parallel 2` one runs the even ones and the other the odd ones.
 */
export const share = ((): { readonly number: number; readonly of: number } => {
  const [number = 0, of = 1] = (process.env['TICKWRIGHT_FAULT_SHARE'] ?? '0/1').split('/').map(Number);
  return { number, of };
})();

function positive(name: string): number | undefined {
  const asked = Number(process.env[name]);
  return Number.isInteger(asked) && asked > 0 ? asked : undefined;
}

/** Numbers from 0 up to 1 that follow from a seed (mulberry32). */
export function randomOf(start: number): () => number {
  let state = start >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}
