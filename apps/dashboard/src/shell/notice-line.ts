import type { ConnectionState } from '../api/event-connection.ts';
import { byId, element, fill } from '../dom/element.ts';
import { age } from '../format/times.ts';

/** What is amiss with what a page shows: what is missing, and what to do. */
export interface PageState {
  readonly kind: 'busy' | 'empty' | 'warn' | 'bad';
  readonly title: string;
  readonly detail: string;
  readonly action?: { readonly title: string; readonly run: () => void };
}

let shown = '';

/** Shows the state in the page's line for it, or clears the line. Says the same thing once. */
export function showState(state: PageState | undefined, id = 'state'): void {
  const line = byId(id);
  const text = state === undefined ? '' : `${id} ${state.kind} ${state.title} ${state.detail}`;
  if (text === shown) return;
  shown = text;
  line.hidden = state === undefined;
  if (state === undefined) {
    fill(line);
    return;
  }
  line.dataset['kind'] = state.kind;
  const { action } = state;
  fill(
    line,
    element('b', {}, state.title),
    element('span', {}, state.detail),
    action === undefined
      ? null
      : element('button', { type: 'button', class: 'button', on: { click: action.run } }, action.title),
  );
}

/** A reload of the runner takes a second and is no news. */
const GRACE_MS = 2_000;

/** What to say while there is no connection to the runner; undefined while there is one. */
export function connectionState(options: {
  connection: ConnectionState;
  isLoaded: boolean;
  retry: () => void;
}): PageState | undefined {
  const { connection, isLoaded, retry } = options;
  const nowMs = Date.now();
  const brokenMs = connection.state === 'open' ? 0 : nowMs - connection.sinceMs;
  if (brokenMs <= GRACE_MS) return undefined;
  const waitMs = Math.max(0, (connection.retryAtMs ?? nowMs) - nowMs);
  return {
    kind: 'bad',
    title: `No connection to the runner for ${age(brokenMs)}.`,
    detail: `${isLoaded ? 'What is shown is as it was then. ' : ''}Start it with "npx tickwright start"; this page tries again ${waitMs > 500 ? `in ${age(waitMs)}` : 'now'}.`,
    action: { title: 'Try now', run: retry },
  };
}
