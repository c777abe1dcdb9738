/** 0.5 for a signal that has just come about, 1 when `strength` has reached 1. */
export function confidenceOf(strength: number): number {
  return 0.5 + 0.5 * Math.min(1, Math.max(0, strength));
}
