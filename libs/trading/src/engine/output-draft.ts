import type { Account, EquityPoint } from '../contract/account.ts';
import type { Fill } from '../contract/fill.ts';
import type { Order, OrderChange } from '../contract/order.ts';
import type { Consumed, EngineOutput, Notice, StateRow } from '../contract/output.ts';
import type { ClosedTrade, Position } from '../contract/position.ts';
import type { Signal, SuppressedVote } from '../contract/signal.ts';
import type { StrategyState } from '../contract/strategy.ts';
import { holdingKey } from '../book/fold-fills.ts';

/** Collects what one event causes, in order. */
export class OutputDraft {
  readonly seq: number;
  readonly timeMicros: number;
  /** Money, day or kill switch changed. */
  accountChanged = false;
  readonly signals: Signal[] = [];
  readonly suppressed: SuppressedVote[] = [];
  readonly orders: OrderChange[] = [];
  readonly fills: Fill[] = [];
  readonly closedTrades: ClosedTrade[] = [];
  readonly notices: Notice[] = [];
  readonly #positions = new Map<string, Position>();
  readonly #consumed = new Map<string, Consumed>();
  readonly #strategies = new Map<string, StrategyState>();

  constructor(head: { readonly seq: number; readonly timeMicros: number }) {
    this.seq = head.seq;
    this.timeMicros = head.timeMicros;
  }

  /** The last of a strategy stands. */
  addConsumed(key: string, consumed: Consumed): void {
    this.#consumed.set(key, consumed);
  }

  addOrder(order: Order): void {
    this.orders.push({ seq: this.seq, timeMicros: this.timeMicros, order });
  }

  addPosition(position: Position): void {
    this.#positions.set(holdingKey(position), position);
  }

  addStrategy(state: StrategyState): void {
    this.#strategies.set(holdingKey(state), state);
  }

  addNotice(notice: Pick<Notice, 'code' | 'text'> & Partial<Notice>): void {
    this.notices.push({ instrument: null, strategy: null, ...notice });
  }

  finish(rest: {
    readonly account: Account | null;
    readonly equity: EquityPoint | null;
    readonly state: readonly StateRow[];
  }): EngineOutput {
    return {
      seq: this.seq,
      timeMicros: this.timeMicros,
      consumed: [...this.#consumed.values()],
      signals: this.signals,
      suppressed: this.suppressed,
      orders: this.orders,
      fills: this.fills,
      closedTrades: this.closedTrades,
      positions: [...this.#positions.values()],
      strategies: [...this.#strategies.values()],
      notices: this.notices,
      ...rest,
    };
  }
}
