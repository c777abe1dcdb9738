import type { Order } from '@tickwright/trading';
import { messageOf } from '../api/api-error.ts';
import { order as askOrder } from '../api/runner-api.ts';
import { element, fill } from '../dom/element.ts';
import { money } from '../format/numbers.ts';
import { demandChange } from '../shell/command-dialog.ts';
import { factList } from '../shell/panel.ts';
import { timeText } from './columns.ts';

/** Everything about an order: what became of it, step by step, and why it is not filled. */
export function showOrder(order: Order): void {
  const steps = element(
    'ol',
    { class: 'steps' },
    element('li', { class: 'muted' }, 'Asking for its history…'),
  );
  const waiting = element('p');
  const close = element(
    'button',
    { type: 'button', class: 'button', on: { click: () => dialog.close() } },
    'Close',
  );
  const cancel =
    order.state !== 'working'
      ? null
      : element(
          'button',
          { type: 'button', class: 'button danger', on: { click: () => cancelOrder(order, dialog) } },
          'Cancel the order',
        );
  const dialog = element(
    'dialog',
    { class: 'order-dialog', 'aria-labelledby': 'order-title' },
    element('h2', { id: 'order-title' }, `${order.id}: ${order.side} ${order.quantity} ${order.instrument}`),
    factList([
      ['State', `${order.state}: ${order.reason}`],
      ['Type', `${order.type}, ${order.validity}${order.reduceOnly ? ', only reduces' : ''}`],
      ['Limit, stop', `${money(order.limitPrice)}, ${money(order.stopPrice)}`],
      [
        'Filled',
        `${order.filledQuantity} of ${order.quantity} at ${money(order.averagePrice)}, fees ${money(order.fees)}`,
      ],
      ['From', `${order.origin}${order.signalId === null ? '' : ` ${order.signalId}`}, ${order.strategy}`],
    ]),
    waiting,
    steps,
    element('div', { class: 'dialog-buttons' }, cancel, close),
  );
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  void tell(order.id, { steps, waiting });
}

async function tell(id: string, { steps, waiting }: { steps: Element; waiting: Element }): Promise<void> {
  try {
    const { changes, waitingFor } = await askOrder(id);
    waiting.textContent = waitingFor === null ? '' : `Why it is not filled: ${waitingFor}.`;
    const items = changes.map(({ timeMicros, order: { state, reason } }) =>
      element('li', {}, element('time', {}, timeText(timeMicros)), ` ${state}: ${reason}`),
    );
    fill(steps, ...items);
  } catch (error) {
    fill(steps, element('li', {}, `Its history cannot be told: ${messageOf(error)}`));
  }
}

function cancelOrder(order: Order, dialog: HTMLDialogElement): void {
  dialog.close();
  demandChange({
    title: `Cancel ${order.id}?`,
    detail: `${order.side} ${order.quantity} ${order.instrument}. What is filled already stays.`,
    verb: 'Cancel the order',
    path: `orders/${encodeURIComponent(order.id)}/cancel`,
    asksReason: true,
    isDangerous: true,
  });
}
