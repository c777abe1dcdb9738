import type { InstrumentKey } from '@tickwright/market';
import { Exact } from '../decimal.ts';
import type { Big } from '../decimal.ts';

/** The exposure at its worst, by instrument: worked out again only for those in which something changed. */
export class Commitments {
  readonly #reckon: (instrument: InstrumentKey) => Big;
  readonly #values = new Map<InstrumentKey, Big>();
  readonly #stale = new Set<InstrumentKey>();
  #total = new Exact(0);

  constructor(reckon: (instrument: InstrumentKey) => Big) {
    this.#reckon = reckon;
  }

  /** Orders, holdings or the price of the instrument changed. */
  touch(instrument: InstrumentKey): void {
    this.#stale.add(instrument);
  }

  of(instrument: InstrumentKey): Big {
    this.#refresh();
    return this.#values.get(instrument) ?? new Exact(0);
  }

  /** Over all instruments. */
  get total(): Big {
    this.#refresh();
    return this.#total;
  }

  #refresh(): void {
    for (const instrument of this.#stale) {
      const value = this.#reckon(instrument);
      this.#total = this.#total.minus(this.#values.get(instrument) ?? 0).plus(value);
      this.#values.set(instrument, value);
    }
    this.#stale.clear();
  }
}
