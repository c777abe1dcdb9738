import type { InstrumentKey } from '@tickwright/market';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import type { Order } from '../contract/order.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import type { Desk } from './desk.ts';
import { fillOrder } from './filling.ts';
import { matchAtOpen, matchInside } from './matching.ts';
import type { MarketSpan, Match, MatchRules } from './matching.ts';
import { Participation } from './participation.ts';
import { pessimisticPath } from './path.ts';
import type { Reached } from './path.ts';
import type { WorkingOrder } from './working-orders.ts';

/** Lets an instrument's working orders meet a stretch of its market. The rules stand in this lib's README. */
export function meetMarket(
  desk: Desk,
  draft: OutputDraft,
  instrument: InstrumentKey,
  span: MarketSpan,
): void {
  const rules = desk.rules.of(instrument);
  const orders = desk.working.of(instrument).filter(({ order }) => isReady(order, span));
  if (rules === undefined || orders.length === 0) return;
  if (rules.isHalted) {
    for (const { order } of orders)
      desk.waiting.note(order, span, `the instrument is halted: ${rules.haltReason}`);
    return;
  }
  const pool = new Participation({
    share: desk.rules.config.fills.participation,
    volume: span.volume,
    carry: desk.markets.get(instrument).carry,
    lot: rules.lotSize,
  });
  new Meeting(desk, draft, { span, rules, pool }).hold(orders);
  if (desk.markets.get(instrument).carry !== pool.carry)
    desk.markets.update(instrument, { carry: pool.carry });
}

/** Whether the order was at the venue when the span traded. */
function isReady(order: Order, span: MarketSpan): boolean {
  if (order.expiresMicros !== null && span.openMicros >= order.expiresMicros) return false;
  if (span.kind === 'tick') return span.openMicros >= order.activeMicros;
  return span.openMicros >= order.decidedMicros && span.closeMicros > order.activeMicros;
}

/** One span and the orders that meet it. */
class Meeting {
  readonly #desk: Desk;
  readonly #draft: OutputDraft;
  readonly #at: { readonly span: MarketSpan; readonly rules: InstrumentRules; readonly pool: Participation };
  readonly #matchRules: MatchRules;
  /** What orders lacked besides the price. */
  readonly #lacking = new Map<string, string>();

  constructor(
    desk: Desk,
    draft: OutputDraft,
    at: { readonly span: MarketSpan; readonly rules: InstrumentRules; readonly pool: Participation },
  ) {
    this.#desk = desk;
    this.#draft = draft;
    this.#at = at;
    this.#matchRules = desk.rules.matchRules(at.rules);
  }

  hold(orders: readonly WorkingOrder[]): void {
    const newOnes = new Set(orders.filter(({ isNew }) => isNew).map(({ order }) => order.id));
    for (const { order } of orders) this.#atOpen(order.id, newOnes.has(order.id));
    const owners = new Set(orders.map(({ order }) => order.strategy));
    for (const strategy of owners) this.#inside(orders.filter(({ order }) => order.strategy === strategy));
    for (const { order } of orders) this.#conclude(order.id);
  }

  #atOpen(id: string, isNew: boolean): void {
    const working = this.#desk.working.get(id);
    if (working === undefined) return;
    const match = matchAtOpen({ ...working, isNew }, this.#at.span, this.#matchRules);
    if (match !== undefined) this.#fill(working, match);
  }

  /** The inside of a candle, for one owner: which orders it reaches, in which order. */
  #inside(orders: readonly WorkingOrder[]): void {
    const { span } = this.#at;
    const reached: Reached[] = orders.flatMap(({ order: { id } }) => {
      const working = this.#desk.working.get(id);
      if (working === undefined || this.#lacking.has(id)) return [];
      const match = matchInside(working.order, span, this.#matchRules);
      return match === undefined ? [] : [{ order: working.order, match }];
    });
    const [first] = reached;
    if (first === undefined) return;
    const held = this.#desk.book.quantity(first.order.strategy, first.order.instrument);
    for (const { order, match } of pessimisticPath(reached, { open: span.open, held })) {
      const working = this.#desk.working.get(order.id);
      if (working !== undefined) this.#fill(working, match);
    }
  }

  #fill(working: WorkingOrder, match: Match): void {
    const lacking = fillOrder(this.#desk, this.#draft, working, { match, ...this.#at });
    if (lacking !== undefined) this.#lacking.set(working.order.id, lacking);
  }

  /** What is left working has met the market once more; what was to be had at once or never is over. */
  #conclude(id: string): void {
    const working = this.#desk.working.get(id);
    if (working === undefined) return;
    const { order } = working;
    this.#desk.waiting.note(order, this.#at.span, this.#lacking.get(id));
    if (order.validity === 'ioc') {
      const why = this.#desk.waiting.of(id) ?? '';
      const reason = `immediate or cancelled: ${why}`;
      this.#desk.end(this.#draft, order, { state: 'cancelled', code: 'ioc-rest', reason });
    } else if (working.isNew) this.#desk.working.put({ ...working, isNew: false });
  }
}
