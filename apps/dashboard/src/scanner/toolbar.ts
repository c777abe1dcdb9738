import { byId, element, fill, setText, toggleAttribute } from '../dom/element.ts';
import { PRESETS } from './presets.ts';
import type { RowStore } from './row-store.ts';
import type { ViewState } from './view-state.ts';
import { addWatchlist, removeWatchlist, watchlistNames } from './watchlists.ts';

export interface ToolbarActions {
  readonly change: (change: Partial<ViewState>) => void;
  readonly resort: () => void;
  readonly pause: () => void;
  readonly save: () => void;
}

/** Presets with their counts, filter, watchlists, re-sort, pause, CSV. */
export class Toolbar {
  readonly filter = element('input', {
    type: 'search',
    class: 'filter',
    placeholder: 'Filter rows (f)',
    'aria-label': 'Filter rows by symbol, status or strategy',
    'aria-keyshortcuts': 'f',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  readonly #presets = new Map<string, { button: HTMLButtonElement; count: HTMLElement }>();
  readonly #lists = element('select', { 'aria-label': 'Watchlist', class: 'select' });
  readonly #resort: HTMLButtonElement;
  readonly #pause: HTMLButtonElement;
  readonly #actions: ToolbarActions;

  constructor(actions: ToolbarActions) {
    this.#actions = actions;
    const group = element('div', { class: 'presets', role: 'group', 'aria-label': 'Presets' });
    for (const { id, title, hint } of PRESETS) {
      const count = element('span', { class: 'count' });
      const choose = (): void => actions.change({ preset: id, sort: undefined });
      const button = element('button', { type: 'button', title: hint, on: { click: choose } }, title, count);
      this.#presets.set(id, { button, count });
      group.append(button);
    }
    this.#resort = button('Re-sort', 'Put the rows in order again (r)', actions.resort);
    this.#pause = button('Pause', 'Hold what is shown (p)', actions.pause);
    const save = button('CSV', 'Save these rows as comma-separated values', actions.save);
    this.filter.addEventListener('input', () => actions.change({ text: this.filter.value }));
    this.#lists.addEventListener('change', () => this.#chooseList());
    const tools = element(
      'div',
      { class: 'tools' },
      this.filter,
      this.#lists,
      this.#resort,
      this.#pause,
      save,
    );
    fill(byId('toolbar'), group, tools);
  }

  show(view: ViewState): void {
    for (const [id, { button }] of this.#presets)
      button.setAttribute('aria-pressed', String(id === view.preset));
    if (this.filter.value !== view.text && document.activeElement !== this.filter)
      this.filter.value = view.text;
    this.#showLists(view.list);
  }

  /** How many rows each preset would show. */
  showCounts(store: RowStore): void {
    const views = [...store.all()];
    for (const { id, keep } of PRESETS) {
      const count = this.#presets.get(id)?.count;
      if (count !== undefined) setText(count, String(views.filter(keep).length));
    }
  }

  showResort(isOld: boolean): void {
    toggleAttribute(this.#resort, 'data-old', isOld ? 'true' : undefined);
    this.#resort.disabled = !isOld;
    setText(this.#resort, isOld ? 'Re-sort' : 'In order');
  }

  showPause(isPaused: boolean): void {
    this.#pause.setAttribute('aria-pressed', String(isPaused));
    setText(this.#pause, isPaused ? 'Resume' : 'Pause');
  }

  #showLists(chosen: string): void {
    const names = [...watchlistNames()];
    if (chosen !== '' && !names.includes(chosen)) names.push(chosen);
    const options = [
      element('option', { value: '' }, 'No watchlist'),
      ...names.map((name) => element('option', { value: `list:${name}` }, `★ ${name}`)),
      element('option', { value: 'new' }, 'New watchlist…'),
      ...(chosen === '' ? [] : [element('option', { value: 'remove' }, `Delete “${chosen}”`)]),
    ];
    fill(this.#lists, ...options);
    this.#lists.value = chosen === '' ? '' : `list:${chosen}`;
  }

  #chooseList(): void {
    const { value } = this.#lists;
    if (value === 'new') {
      const name = window.prompt('Name of the watchlist')?.trim().slice(0, 40) ?? '';
      if (name !== '') addWatchlist(name);
      this.#actions.change({ list: name });
    } else if (value === 'remove') {
      const name = this.#lists.options[this.#lists.selectedIndex]?.text.slice(8, -1) ?? '';
      if (window.confirm(`Delete the watchlist "${name}"?`)) removeWatchlist(name);
      this.#actions.change({ list: '' });
    } else this.#actions.change({ list: value.replace(/^list:/, '') });
  }
}

function button(title: string, hint: string, click: () => void): HTMLButtonElement {
  return element('button', { type: 'button', class: 'button', title: hint, on: { click } }, title);
}
