/** A span of ids, both ends inclusive. */
export type IdRange = readonly [from: number, to: number];

/**
 * How many ranges are kept for one key. A venue that loses ids makes holes; when there are more, the two oldest ranges
 * become one: the oldest hole is given up and reported, so that its gap can be called unfillable.
 */
export const MAX_ID_RANGES = 1024;

/** What adding an id did. */
export interface Addition {
  /** False when the id was covered already, or lies in a hole that was given up. */
  readonly isNew: boolean;
  /** The hole that the id opened between itself and the newest, or the oldest, id so far. */
  readonly opened?: IdRange;
  /** The hole that the id lay in, as it was before. */
  readonly within?: IdRange;
  /** The oldest hole, given up for want of room: its ids count as covered from now on. */
  readonly givenUp?: IdRange;
}

const DUPLICATE: Addition = { isNew: false };
const CONTIGUOUS: Addition = { isNew: true };

/** Covered ids as sorted, disjoint, never adjacent ranges. Ids are integers from 0 below 2^53. */
export class IdRanges {
  readonly #from: number[] = [];
  readonly #to: number[] = [];
  readonly #maxRanges: number;

  constructor(maxRanges = MAX_ID_RANGES) {
    this.#maxRanges = maxRanges;
  }

  /** Reads what `toNumbers` wrote. Throws a RangeError for anything else. */
  static fromNumbers(numbers: readonly number[], maxRanges = MAX_ID_RANGES): IdRanges {
    const ranges = new IdRanges(maxRanges);
    let before = -2;
    for (let at = 0; at < numbers.length; at += 2) {
      const from = numbers[at];
      const to = numbers[at + 1];
      if (
        !Number.isSafeInteger(from) ||
        !Number.isSafeInteger(to) ||
        from < 0 ||
        from <= before + 1 ||
        to < from
      ) {
        throw new RangeError(
          `id ranges must be ascending pairs of integers, found ${from}, ${to} after ${before}`,
        );
      }
      ranges.#from.push(from);
      ranges.#to.push(to);
      before = to;
    }
    return ranges;
  }

  /** The ranges one after the other: from, to, from, to... */
  toNumbers(): number[] {
    return this.#from.flatMap((from, at) => [from, this.#to[at]]);
  }

  get size(): number {
    return this.#from.length;
  }

  /** The oldest covered id, or -1. */
  get low(): number {
    return this.#from[0] ?? -1;
  }

  /** The newest covered id, or -1. */
  get high(): number {
    return this.#to.at(-1) ?? -1;
  }

  add(id: number): Addition {
    const at = this.#reaching(id);
    const count = this.#from.length;
    if (at < count && this.#from[at] <= id) return DUPLICATE;
    const hole: IdRange | undefined = count === 0 ? undefined : this.#around(at);
    const touchesOlder = at > 0 && this.#to[at - 1] === id - 1;
    const touchesNewer = at < count && this.#from[at] === id + 1;
    if (touchesOlder && touchesNewer) this.#join(at - 1);
    else if (touchesOlder) this.#to[at - 1] = id;
    else if (touchesNewer) this.#from[at] = id;
    else this.#insert(at, id);
    if (hole === undefined) return CONTIGUOUS;
    if (at > 0 && at < count) return this.#bounded({ within: hole });
    if (touchesOlder || touchesNewer) return CONTIGUOUS;
    return this.#bounded({ opened: at === 0 ? [id + 1, hole[1]] : [hole[0], id - 1] });
  }

  /** Adds [from, to]. Returns the holes that were given up for want of room. */
  addRange(from: number, to: number): IdRange[] {
    const first = this.#reaching(from - 1);
    let end = first;
    while (end < this.#from.length && this.#from[end] <= to + 1) end++;
    const count = end - first;
    const newFrom = count === 0 ? from : Math.min(from, this.#from[first]);
    const newTo = count === 0 ? to : Math.max(to, this.#to[end - 1]);
    this.#from.splice(first, count, newFrom);
    this.#to.splice(first, count, newTo);
    const givenUp = this.#bounded({}).givenUp;
    return givenUp === undefined ? [] : [givenUp];
  }

  /** Takes [from, to] out again: what was covered is missing. Returns the holes that were given up for want of room. */
  remove(from: number, to: number): IdRange[] {
    const first = this.#reaching(from);
    let end = first;
    const left: [number, number][] = [];
    for (; end < this.#from.length && this.#from[end] <= to; end++) {
      if (this.#from[end] < from) left.push([this.#from[end], from - 1]);
      if (this.#to[end] > to) left.push([to + 1, this.#to[end]]);
    }
    this.#from.splice(first, end - first, ...left.map((range) => range[0]));
    this.#to.splice(first, end - first, ...left.map((range) => range[1]));
    const givenUp = this.#bounded({}).givenUp;
    return givenUp === undefined ? [] : [givenUp];
  }

  /** Stretches the newest range up to `id`: what the hot path counted by itself. */
  raise(id: number): void {
    const newest = this.#to.length - 1;
    if (newest >= 0 && id > this.#to[newest]) this.#to[newest] = id;
  }

  /** Whether every id of [from, to] is covered; an empty span is. */
  covers(from: number, to: number): boolean {
    if (to < from) return true;
    const at = this.#reaching(from);
    return at < this.#from.length && this.#from[at] <= from && this.#to[at] >= to;
  }

  /** What is missing between the oldest and the newest covered id. */
  holes(): IdRange[] {
    return this.size === 0 ? [] : this.holesWithin(this.low, this.high);
  }

  /** What is missing of [from, to]; ids beyond the oldest and the newest covered one are missing too. */
  holesWithin(from: number, to: number): IdRange[] {
    const holes: IdRange[] = [];
    let missing = from;
    for (let at = this.#reaching(from); at < this.#from.length && this.#from[at] <= to; at++) {
      if (this.#from[at] > missing) holes.push([missing, this.#from[at] - 1]);
      missing = this.#to[at] + 1;
    }
    if (missing <= to) holes.push([missing, to]);
    return holes;
  }

  /** Position of the first range that ends at `id` or later. */
  #reaching(id: number): number {
    let low = 0;
    let high = this.#to.length;
    // Nearly every question is about the newest range.
    if (high > 0 && this.#to[high - 1] < id) return high;
    while (low < high) {
      const middle = (low + high) >>> 1;
      if (this.#to[middle] >= id) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** What is not covered before range `at`, open ends standing for none. */
  #around(at: number): IdRange {
    return [(this.#to[at - 1] ?? -1) + 1, (this.#from[at] ?? 0) - 1];
  }

  #insert(at: number, id: number): void {
    this.#from.splice(at, 0, id);
    this.#to.splice(at, 0, id);
  }

  /** Makes ranges `at` and `at + 1` one. */
  #join(at: number): void {
    this.#to[at] = this.#to[at + 1];
    this.#from.splice(at + 1, 1);
    this.#to.splice(at + 1, 1);
  }

  #bounded(addition: Omit<Addition, 'isNew'>): Addition {
    if (this.#from.length <= this.#maxRanges) return { isNew: true, ...addition };
    const givenUp = this.#around(1);
    this.#join(0);
    return { isNew: true, ...addition, givenUp };
  }
}
