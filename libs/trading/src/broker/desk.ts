import type { InstrumentKey } from '@tickwright/market';
import type { OrderExplanation } from '../contract/engine.ts';
import type { Order, OrderState } from '../contract/order.ts';
import { Book } from '../book/book.ts';
import { Markets } from '../book/markets.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import type { Progression } from '../engine/progression.ts';
import type { StateRows } from '../state-rows.ts';
import { Commitments } from './commitments.ts';
import { committedIn } from './exposure.ts';
import type { OrderReason } from './order-shape.ts';
import type { VenueRules } from './venue-rules.ts';
import { Waiting } from './waiting.ts';
import { WorkingOrders } from './working-orders.ts';
import type { WorkingOrder } from './working-orders.ts';

/** Ended orders that can still be explained from memory; older ones are in the ledger. */
const MAX_ENDED_ORDERS = 1_000;

/** What all parts of the paper broker work on. */
export class Desk {
  readonly markets: Markets;
  readonly book: Book;
  readonly working: WorkingOrders;
  readonly waiting = new Waiting();
  readonly commitments = new Commitments((instrument) => committedIn(this, instrument));
  readonly progress: Progression;
  readonly #ended = new Map<string, Order>();
  #rules: VenueRules | undefined;

  constructor(rows: StateRows, progress: Progression) {
    this.progress = progress;
    this.markets = new Markets(rows);
    const touch = (instrument: InstrumentKey) => this.commitments.touch(instrument);
    this.book = new Book(rows, this.markets, touch);
    this.working = new WorkingOrders(rows, touch);
  }

  /** Of the run; there are none before its start. */
  get rules(): VenueRules {
    if (this.#rules === undefined) throw new Error('the paper broker has no configuration before a start');
    return this.#rules;
  }

  useRules(rules: VenueRules): void {
    this.#rules = rules;
  }

  /** Writes a working order's change. */
  update(draft: OutputDraft, working: WorkingOrder, change: Partial<Order>): WorkingOrder {
    const next = { ...working, order: { ...working.order, ...change } };
    this.working.put(next);
    draft.addOrder(next.order);
    return next;
  }

  /** Ends an order: it leaves the working ones for good, with its reason. */
  end(draft: OutputDraft, order: Order, end: OrderReason & { readonly state: OrderState }): Order {
    const ended: Order = { ...order, ...end };
    this.working.remove(order);
    this.waiting.forget(order.id);
    this.#ended.set(ended.id, ended);
    for (const id of this.#ended.keys()) {
      if (this.#ended.size <= MAX_ENDED_ORDERS) break;
      this.#ended.delete(id);
    }
    draft.addOrder(ended);
    return ended;
  }

  explain(id: string): OrderExplanation | undefined {
    const working = this.working.get(id)?.order;
    if (working !== undefined)
      return { order: working, waitingFor: this.waiting.of(id) ?? this.#unmet(working) };
    const ended = this.#ended.get(id);
    return ended === undefined ? undefined : { order: ended, waitingFor: null };
  }

  #unmet(order: Order): string {
    const what = this.rules.config.fills.on === 'ticks' ? 'trade' : 'candle';
    return `no ${what} has come since ${new Date(order.activeMicros / 1000).toISOString()}`;
  }
}
