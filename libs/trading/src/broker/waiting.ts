import type { Order } from '../contract/order.ts';
import type { MarketSpan } from './matching.ts';
import { remaining } from './working-orders.ts';

/** What an order has seen pass without being filled. */
interface Wait {
  readonly looks: number;
  /** The market's price that came nearest, for orders with a price. */
  readonly nearest: number | undefined;
  readonly text: string;
}

/**
 * Why working orders are not filled. Kept in memory only: it is for people, decides nothing, and begins anew with the process.
 */
export class Waiting {
  readonly #waits = new Map<string, Wait>();

  /** The order met a span and was not filled by it. `why`: what was lacking, if not the price. */
  note(order: Order, span: MarketSpan, why: string | undefined): void {
    const before = this.#waits.get(order.id);
    const looks = (before?.looks ?? 0) + 1;
    const nearest = nearer(order, span, before?.nearest);
    this.#waits.set(order.id, { looks, nearest, text: why ?? missing(order, { nearest, looks, span }) });
  }

  of(id: string): string | undefined {
    return this.#waits.get(id)?.text;
  }

  forget(id: string): void {
    this.#waits.delete(id);
  }
}

function isUpward(order: Order): boolean {
  const isLimit = order.type === 'limit' || order.isTriggered;
  return isLimit ? order.side === 'sell' : order.side === 'buy';
}

function nearer(order: Order, span: MarketSpan, before: number | undefined): number {
  const price = Number(isUpward(order) ? span.high : span.low);
  if (before === undefined) return price;
  return isUpward(order) ? Math.max(before, price) : Math.min(before, price);
}

function missing(
  order: Order,
  seen: { readonly nearest: number; readonly looks: number; readonly span: MarketSpan },
): string {
  const spans = `${seen.looks} ${seen.span.kind}${seen.looks === 1 ? '' : 's'}`;
  const extreme = `${isUpward(order) ? 'highest' : 'lowest'} ${seen.nearest} in ${spans}`;
  if (order.type === 'market') return `${remaining(order).toFixed()} of it are still to be filled`;
  if (order.type === 'limit') return `limit ${order.limitPrice} was not crossed: ${extreme}`;
  if (!order.isTriggered) return `stop ${order.stopPrice} was not touched: ${extreme}`;
  return `triggered, limit ${order.limitPrice} was not crossed: ${extreme}`;
}
