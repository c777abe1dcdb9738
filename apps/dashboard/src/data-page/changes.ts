import type { IngestorStatus } from '../api/ingestor-status.ts';
import { element } from '../dom/element.ts';
import { demandChange } from '../shell/command-dialog.ts';

/** A form that subscribes and unsubscribes instruments of the running ingestor. */
export function instrumentForm(onDone: () => void): HTMLElement {
  const input = element('input', {
    class: 'field',
    id: 'instrument-keys',
    type: 'text',
    placeholder: 'BINANCE|BTCUSDT, NSE_EQ|INE155A01022',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  const keys = (): string[] =>
    input.value
      .split(/[,\n]/)
      .map((key) => key.trim())
      .filter((key) => key !== '');
  const demand = (options: { verb: string; path: string; detail: string }): void => {
    const instruments = keys();
    if (instruments.length === 0) {
      input.focus();
      return;
    }
    demandChange({
      ...options,
      title: `${options.verb} ${instruments.length === 1 ? instruments[0] : `${instruments.length} instruments`}?`,
      body: { instruments },
      onDone,
    });
  };
  const add = (): void =>
    demand({
      verb: 'Subscribe',
      path: 'ingestor/subscriptions',
      detail: 'All of them or none, now and at every later start. History is fetched where the venue has it.',
    });
  const remove = (): void =>
    demand({
      verb: 'Unsubscribe',
      path: 'ingestor/subscriptions/remove',
      detail: 'Their ticks no longer come, now and at every later start. What is stored stays.',
    });
  return element(
    'form',
    { class: 'inline-form', on: { submit: (event: SubmitEvent) => event.preventDefault() } },
    element('label', { for: 'instrument-keys' }, 'Instruments, by key'),
    input,
    element('button', { type: 'submit', class: 'button', on: { click: add } }, 'Subscribe…'),
    element('button', { type: 'button', class: 'button', on: { click: remove } }, 'Unsubscribe…'),
  );
}

/** Venues that want a token, with how theirs stands. */
export function tokenRows(status: IngestorStatus | undefined): readonly HTMLElement[] {
  const wanting = (status?.streams ?? []).filter(({ access }) => access !== undefined);
  if (wanting.length === 0) return [element('p', { class: 'empty' }, 'No source here wants a token.')];
  return wanting.map(({ venue, access }) => {
    const renew = (): void =>
      demandChange({
        title: `Take ${venue}'s renewed token?`,
        detail:
          'The ingestor reads it from its file of secrets (npx tickwright token) and connects with it. It is never sent to this page.',
        verb: 'Take it',
        path: `ingestor/tokens/${encodeURIComponent(venue)}`,
      });
    const isRefused = access?.reason !== undefined && access.reason !== '';
    return element(
      'p',
      {},
      element('b', {}, venue),
      ` ${isRefused ? (access.reason ?? '') : 'accepted'} `,
      element(
        'button',
        { type: 'button', class: 'button small', on: { click: renew } },
        'Token was renewed…',
      ),
    );
  });
}
