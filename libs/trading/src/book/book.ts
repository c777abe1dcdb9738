import type { InstrumentKey } from '@tickwright/market';
import { Exact, ZERO, toDecimal } from '../decimal.ts';
import type { Big, Decimal } from '../decimal.ts';
import type { Fill } from '../contract/fill.ts';
import type { MarkedPosition } from '../contract/position.ts';
import { StateTable } from '../state-rows.ts';
import type { StateRows } from '../state-rows.ts';
import { cashFlow, holdingKey } from './fold-fills.ts';
import { addFill, emptyHolding } from './holding.ts';
import type { ClosedTradeFacts, Holding } from './holding.ts';
import type { Markets } from './markets.ts';

/** Money as the ledger's fills made it. */
export interface CashRecord {
  readonly currency: string;
  readonly initialCash: Decimal;
  readonly cash: Decimal;
  readonly realizedPnl: Decimal;
  readonly fees: Decimal;
}

const CASH = 'cash';

/** Cash and holdings: changed by fills alone, valued at the markets' prices. */
export class Book {
  readonly #rows: StateRows;
  readonly #markets: Markets;
  readonly #holdings: StateTable<Holding>;
  readonly #byInstrument = new Map<InstrumentKey, Set<string>>();
  /** Market value by holding, and the sums over all, kept so that a tick costs one instrument and not all. */
  readonly #values = new Map<string, Big>();
  #netValue = new Exact(0);
  #grossValue = new Exact(0);
  #cash: CashRecord | undefined;
  readonly #changed: (instrument: InstrumentKey) => void;

  /** `changed` hears of each instrument whose holdings or value change, and of those that have some now. */
  constructor(rows: StateRows, markets: Markets, changed: (instrument: InstrumentKey) => void) {
    this.#changed = changed;
    this.#rows = rows;
    this.#markets = markets;
    this.#holdings = new StateTable(rows, 'position');
    this.#cash = rows.get(CASH) as CashRecord | undefined;
    for (const holding of this.#holdings.values()) this.#index(holding);
  }

  /** Opens the account when the ledger is new; later the initial cash stands. */
  open(initialCash: Decimal, currency: string): void {
    if (this.#cash !== undefined) return;
    this.#putCash({ currency, initialCash, cash: initialCash, realizedPnl: ZERO, fees: ZERO });
  }

  get money(): CashRecord {
    if (this.#cash === undefined) throw new Error('the account is not open: no start event was processed');
    return this.#cash;
  }

  get equity(): Big {
    return this.#netValue.plus(this.money.cash);
  }

  /** Sum of |market value|. */
  get exposure(): Big {
    return this.#grossValue;
  }

  /** Signed. */
  quantity(strategy: string, instrument: InstrumentKey): Big {
    return new Exact(this.quantityText(strategy, instrument));
  }

  quantityText(strategy: string, instrument: InstrumentKey): Decimal {
    if (!this.#byInstrument.has(instrument)) return ZERO;
    return this.#holdings.get(holdingKey({ strategy, instrument }))?.position.quantity ?? ZERO;
  }

  /** Whether anybody holds some. */
  isHeld(instrument: InstrumentKey): boolean {
    for (const key of this.#byInstrument.get(instrument) ?? [])
      if (this.#holdings.get(key)?.position.quantity !== ZERO) return true;
    return false;
  }

  /** Holdings of an instrument that are not flat. */
  held(instrument: InstrumentKey): Holding[] {
    return [...(this.#byInstrument.get(instrument) ?? [])].sort().flatMap((key) => {
      const holding = this.#holdings.get(key);
      return holding !== undefined && holding.position.quantity !== ZERO ? [holding] : [];
    });
  }

  /** Instruments in which something is held. */
  heldInstruments(): InstrumentKey[] {
    return [...this.#byInstrument.keys()].filter((key) => this.isHeld(key)).sort();
  }

  /** Books a fill. Returns the holding after it, and the round trip it ended. */
  add(fill: Fill): { readonly holding: Holding; readonly closed: ClosedTradeFacts | null } {
    const key = holdingKey(fill);
    const before = this.#holdings.get(key) ?? emptyHolding(fill.strategy, fill.instrument);
    const { holding, realized, closed } = addFill(before, fill);
    const money = this.money;
    this.#holdings.put(key, holding);
    this.#putCash({
      ...money,
      cash: toDecimal(cashFlow(fill).plus(money.cash)),
      realizedPnl: toDecimal(realized.plus(money.realizedPnl)),
      fees: toDecimal(new Exact(money.fees).plus(fill.fees)),
    });
    if (this.#markets.get(fill.instrument).price === null)
      this.#markets.update(fill.instrument, { price: Number(fill.price), micros: fill.marketMicros });
    this.#index(holding);
    return { holding, closed };
  }

  /** To be called when an instrument's price changed. */
  revalue(instrument: InstrumentKey): void {
    if (!this.isHeld(instrument)) return;
    for (const key of this.#byInstrument.get(instrument) ?? []) {
      const holding = this.#holdings.get(key);
      if (holding !== undefined) this.#value(key, holding);
    }
  }

  /** All positions there ever were, by owner and instrument. */
  positions(): MarkedPosition[] {
    return [...this.#holdings.values()]
      .map(({ position }): MarkedPosition => {
        const { price, micros } = this.#markets.get(position.instrument);
        const value = this.#values.get(holdingKey(position)) ?? new Exact(0);
        return {
          ...position,
          markPrice: price === null ? null : toDecimal(new Exact(String(price))),
          markMicros: price === null ? null : micros,
          unrealizedPnl: toDecimal(value.minus(position.cost)),
          marketValue: toDecimal(value),
        };
      })
      .sort((one, other) => (holdingKey(one) < holdingKey(other) ? -1 : 1));
  }

  /** Market value less cost, of all positions. */
  get unrealizedPnl(): Big {
    const money = this.money;
    return this.equity.minus(money.initialCash).minus(money.realizedPnl).plus(money.fees);
  }

  #putCash(record: CashRecord): void {
    this.#cash = record;
    this.#rows.put(CASH, { ...record });
  }

  #index(holding: Holding): void {
    const key = holdingKey(holding.position);
    const { instrument } = holding.position;
    const keys = this.#byInstrument.get(instrument);
    if (keys === undefined) this.#byInstrument.set(instrument, new Set([key]));
    else keys.add(key);
    this.#value(key, holding);
  }

  #value(key: string, holding: Holding): void {
    this.#changed(holding.position.instrument);
    const { price } = this.#markets.get(holding.position.instrument);
    const before = this.#values.get(key) ?? new Exact(0);
    const after = new Exact(holding.position.quantity).times(price === null ? 0 : String(price));
    this.#values.set(key, after);
    this.#netValue = this.#netValue.minus(before).plus(after);
    this.#grossValue = this.#grossValue.minus(before.abs()).plus(after.abs());
  }
}
