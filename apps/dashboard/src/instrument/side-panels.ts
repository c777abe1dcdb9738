import type { MarkedPosition, Order, Signal } from '@tickwright/trading';
import type { TickRow } from '../api/answers.ts';
import { byId, element, fill } from '../dom/element.ts';
import { decimalsOf, money, priceText, quantityText } from '../format/numbers.ts';
import { factList, panel } from '../shell/panel.ts';
import { PlainTable } from '../table/plain-table.ts';
import { ORDER_COLUMNS, SIGNAL_COLUMNS, TICK_COLUMNS } from './side-columns.ts';
import type { ShownTick } from './side-columns.ts';

const SHOWN = 30;

/** The boxes beside the chart. */
export class SidePanels {
  #decimals = 2;
  readonly #ticks = new PlainTable<ShownTick>({
    label: 'Last ticks',
    columns: TICK_COLUMNS,
    key: ({ eventTime, tradeId, price, quantity }) => `${eventTime} ${tradeId ?? ''} ${price} ${quantity}`,
    empty: 'No tick is stored yet.',
  });
  readonly #signals = new PlainTable<Signal>({
    label: 'Signals',
    columns: SIGNAL_COLUMNS,
    key: ({ id }) => id,
    empty: 'No strategy has signalled on this instrument.',
  });
  readonly #orders = new PlainTable<Order>({
    label: 'Orders',
    columns: ORDER_COLUMNS,
    key: ({ id }) => id,
    empty: 'No orders for this instrument.',
  });

  constructor() {
    fill(
      byId('side'),
      panel('Data quality', { id: 'quality' }, element('p', { class: 'empty' }, 'Asking the ingestor…')),
      panel('Position', { id: 'position' }, element('p', { class: 'empty' }, 'Nothing is held.')),
      panel('Last ticks', { id: 'ticks', class: 'tall' }, this.#ticks.element),
      panel('Signals', { id: 'signals', class: 'tall' }, this.#signals.element),
      panel('Orders', { id: 'orders', class: 'tall' }, this.#orders.element),
    );
  }

  /** Oldest first, as the ingestor tells them. */
  showTicks(ticks: readonly TickRow[]): void {
    const shown = ticks.toReversed().slice(0, SHOWN);
    this.#decimals = Math.max(this.#decimals, ...shown.map(({ price }) => decimalsOf(price)));
    this.#ticks.setRows(shown.map((tick) => ({ ...tick, decimals: this.#decimals })));
  }

  showBook(signals: readonly Signal[], orders: readonly Order[]): void {
    this.#signals.setRows(signals.slice(0, SHOWN));
    this.#orders.setRows(orders.slice(0, SHOWN));
  }

  showPositions(positions: readonly MarkedPosition[]): void {
    const held = positions.filter(({ quantity }) => quantity !== '0');
    const rows = held.map(({ strategy, quantity, averagePrice, unrealizedPnl }) => {
      const tone = unrealizedPnl.startsWith('-') ? 'down' : unrealizedPnl === '0' ? 'flat' : 'up';
      const text = `${quantityText(quantity)} at ${priceText(averagePrice)}, ${money(unrealizedPnl, { sign: 'always' })}`;
      return [strategy, text, tone] as const;
    });
    fill(
      byId('position'),
      rows.length === 0 ? element('p', { class: 'empty' }, 'Nothing is held.') : factList(rows),
    );
  }

  age(): void {
    this.#signals.age();
  }
}
