import { Exact, toDecimal } from '../decimal.ts';
import type { Big } from '../decimal.ts';
import { roundedDown } from './matching.ts';

/**
 * How much of a span's volume our orders can have, all of them together. What is less than a lot is kept for the next span
 * while an order goes without, so that many small trades fill a whole lot; what nobody wanted is gone.
 */
export class Participation {
  readonly #lot: string;
  #left: Big | undefined;
  #isStarved = false;

  /** `share` null: no limit. */
  constructor(options: {
    readonly share: string | null;
    readonly volume: Big;
    readonly carry: string;
    readonly lot: string;
  }) {
    this.#lot = options.lot;
    this.#left = options.share === null ? undefined : options.volume.times(options.share).plus(options.carry);
  }

  /** Grants whole lots, at most what is wanted. */
  take(wanted: Big): Big {
    if (this.#left === undefined) return wanted;
    const lots = roundedDown(this.#left, this.#lot);
    const granted = lots.lt(wanted) ? lots : wanted;
    this.#left = this.#left.minus(granted);
    if (granted.lt(wanted)) this.#isStarved = true;
    return granted;
  }

  /** What the next span begins with. */
  get carry(): string {
    if (this.#left === undefined || !this.#isStarved) return '0';
    return toDecimal(this.#left.lt(this.#lot) ? this.#left : new Exact(0));
  }
}
