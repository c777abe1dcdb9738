import type { InstrumentKey } from '@tickwright/market';
import { Exact } from '../decimal.ts';
import type { Big, Decimal } from '../decimal.ts';
import { numberOf } from '../engine/progression.ts';
import type { Order } from '../contract/order.ts';
import { StateTable } from '../state-rows.ts';
import type { StateRows } from '../state-rows.ts';

/** An order at the paper venue, with what only the venue needs. */
export interface WorkingOrder {
  readonly order: Order;
  /** It has not met a candle or tick yet. */
  readonly isNew: boolean;
  /** What was executed on the last day that something was, for its fees. */
  readonly day: string;
  readonly dayValue: Decimal;
  readonly dayMakerValue: Decimal;
}

/** Orders that are not final, by instrument in order of their numbers. */
export class WorkingOrders {
  readonly #table: StateTable<WorkingOrder>;
  readonly #byInstrument = new Map<InstrumentKey, string[]>();

  readonly #changed: (instrument: InstrumentKey) => void;

  /** `changed` hears of each instrument whose orders change, and of those that have some now. */
  constructor(rows: StateRows, changed: (instrument: InstrumentKey) => void) {
    this.#changed = changed;
    this.#table = new StateTable(rows, 'order');
    for (const { order } of this.#table.values()) this.#index(order);
  }

  get size(): number {
    let size = 0;
    for (const ids of this.#byInstrument.values()) size += ids.length;
    return size;
  }

  get(id: string): WorkingOrder | undefined {
    return this.#table.get(id);
  }

  has(instrument: InstrumentKey): boolean {
    return this.#byInstrument.has(instrument);
  }

  instruments(): InstrumentKey[] {
    return [...this.#byInstrument.keys()].sort();
  }

  of(instrument: InstrumentKey): WorkingOrder[] {
    return (this.#byInstrument.get(instrument) ?? []).flatMap((id) => this.#table.get(id) ?? []);
  }

  all(): WorkingOrder[] {
    return [...this.#table.values()].sort((one, other) => numberOf(one.order.id) - numberOf(other.order.id));
  }

  put(working: WorkingOrder): void {
    const isKnown = this.#table.get(working.order.id) !== undefined;
    this.#table.put(working.order.id, working);
    if (!isKnown) this.#index(working.order);
    this.#changed(working.order.instrument);
  }

  remove(order: Order): void {
    this.#table.remove(order.id);
    this.#changed(order.instrument);
    const ids = (this.#byInstrument.get(order.instrument) ?? []).filter((id) => id !== order.id);
    if (ids.length === 0) this.#byInstrument.delete(order.instrument);
    else this.#byInstrument.set(order.instrument, ids);
  }

  #index(order: Order): void {
    this.#changed(order.instrument);
    const ids = [...(this.#byInstrument.get(order.instrument) ?? []), order.id];
    this.#byInstrument.set(
      order.instrument,
      ids.sort((one, other) => numberOf(one) - numberOf(other)),
    );
  }
}

export function remaining(order: Order): Big {
  return new Exact(order.quantity).minus(order.filledQuantity);
}
