import { ApiError, messageOf } from '../api/api-error.ts';
import { change } from '../api/runner-api.ts';
import type { Query } from '../api/rest.ts';
import { forgetToken, keepToken, readToken } from '../api/token.ts';
import { element } from '../dom/element.ts';

export interface DemandedChange {
  readonly title: string;
  /** What will happen, in a sentence or two. */
  readonly detail: string;
  /** What the button says that does it. */
  readonly verb: string;
  readonly path: string;
  readonly body?: object;
  readonly query?: Query;
  readonly isDangerous?: boolean;
  /** Asks for a reason, which is stored with the change. */
  readonly asksReason?: boolean;
  readonly onDone?: (answer: unknown) => void;
}

const TOKEN_HINT =
  'It stands in the data directory in runner/instance.json, readable by its owner only. It is kept for this tab, and forgotten with it.';

/** Asks, shows what will happen, takes the token when none is known, does it, and says how it went. */
export function demandChange(demanded: DemandedChange): void {
  const token = element('input', {
    id: 'token',
    class: 'field',
    type: 'password',
    autocomplete: 'off',
    required: true,
    'aria-describedby': 'token-hint',
  });
  const tokenField = element(
    'div',
    { class: 'form-field' },
    element('label', { for: 'token' }, 'Token of the runner'),
    token,
    element('p', { id: 'token-hint', class: 'muted' }, TOKEN_HINT),
  );
  const reason = element('input', {
    id: 'reason',
    class: 'field',
    type: 'text',
    maxlength: 200,
    value: 'by hand',
  });
  const reasonField =
    demanded.asksReason === true
      ? element(
          'div',
          { class: 'form-field' },
          element('label', { for: 'reason' }, 'Reason, kept in the ledger'),
          reason,
        )
      : null;
  const outcome = element('p', { class: 'outcome', role: 'alert' });
  const confirm = element(
    'button',
    { type: 'submit', class: demanded.isDangerous === true ? 'button danger' : 'button primary' },
    demanded.verb,
  );
  const cancel = element(
    'button',
    { type: 'button', class: 'button', on: { click: () => dialog.close() } },
    'Cancel',
  );
  const form = element(
    'form',
    { class: 'command' },
    element('h2', { id: 'command-title' }, demanded.title),
    element('p', {}, demanded.detail),
    reasonField,
    tokenField,
    outcome,
    element('div', { class: 'dialog-buttons' }, cancel, confirm),
  );
  const dialog = element('dialog', { class: 'command-dialog', 'aria-labelledby': 'command-title' }, form);
  const askForToken = (isAsked: boolean): void => {
    tokenField.hidden = !isAsked;
    token.required = isAsked;
  };
  askForToken(readToken() === undefined);
  const attempt = async (): Promise<void> => {
    try {
      const answer = await run(demanded, reason.value);
      dialog.close();
      demanded.onDone?.(answer);
    } catch (error) {
      confirm.disabled = false;
      const isRefused = error instanceof ApiError && error.status === 401;
      if (isRefused) {
        forgetToken();
        askForToken(true);
        token.focus();
      }
      outcome.textContent = isRefused
        ? 'This token is not the runner’s. Nothing was changed.'
        : messageOf(error);
    }
  };
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    if (!tokenField.hidden) keepToken(token.value.trim());
    confirm.disabled = true;
    outcome.textContent = 'Asked. Waiting for the answer…';
    void attempt();
  });
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

async function run(demanded: DemandedChange, reason: string): Promise<unknown> {
  const body = {
    ...demanded.body,
    ...(demanded.asksReason === true ? { reason: reason.trim() === '' ? 'by hand' : reason.trim() } : {}),
  };
  return change(demanded.path, body, demanded.query);
}
