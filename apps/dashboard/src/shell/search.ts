import { messageOf } from '../api/api-error.ts';
import { instruments, scannerRows } from '../api/runner-api.ts';
import { byId, element, fill } from '../dom/element.ts';
import { addKeys } from './keys.ts';

const MAX_FOUND = 40;

/** Where an instrument's page is. */
export function instrumentAddress(key: string): string {
  return `/instrument/${encodeURIComponent(key)}`;
}

let known: readonly string[] = [];

/** What the page knows already need not be asked for again. */
export function knowInstruments(keys: readonly string[]): void {
  known = keys;
}

async function keysOfAll(): Promise<readonly string[]> {
  if (known.length > 0) return known;
  try {
    known = (await instruments()).map(({ key }) => key);
  } catch {
    // The ingestor may be away; the runner knows the instruments of its rows.
    known = [...new Set((await scannerRows()).rows.map(({ symbol }) => symbol))];
  }
  return known;
}

/** Keys that contain the text, those whose id begins with it first. */
export function findKeys(keys: readonly string[], text: string): string[] {
  const wanted = text.trim().toUpperCase();
  const rank = (key: string): number => {
    const id = key.slice(key.indexOf('|') + 1).toUpperCase();
    if (id === wanted || key.toUpperCase() === wanted) return 0;
    if (id.startsWith(wanted)) return 1;
    return key.toUpperCase().includes(wanted) ? 2 : 3;
  };
  return keys
    .map((key) => ({ key, rank: rank(key) }))
    .filter((each) => each.rank < 3)
    .sort((left, right) => left.rank - right.rank || left.key.localeCompare(right.key))
    .map(({ key }) => key);
}

/** The search dialog: a combobox over all instruments. */
class Search {
  readonly #input = element('input', {
    type: 'text',
    id: 'search-input',
    role: 'combobox',
    'aria-expanded': 'true',
    'aria-controls': 'search-list',
    'aria-autocomplete': 'list',
    'aria-label': 'Find an instrument',
    placeholder: 'NSE_EQ|INE155A01022, BTCUSDT, …',
    autocomplete: 'off',
    spellcheck: 'false',
  });
  readonly #list = element('ul', { id: 'search-list', role: 'listbox', 'aria-label': 'Instruments' });
  readonly #note = element('p', { class: 'search-note', role: 'status' });
  readonly #dialog = element(
    'dialog',
    { class: 'search', 'aria-label': 'Find an instrument' },
    this.#input,
    this.#list,
    this.#note,
  );
  #keys: readonly string[] = [];
  #active = 0;

  constructor() {
    document.body.append(this.#dialog);
    this.#input.addEventListener('input', () => this.#show());
    this.#input.addEventListener('keydown', (event) => this.#onKey(event));
    this.#dialog.addEventListener('click', (event) => {
      if (event.target === this.#dialog) this.#dialog.close();
    });
  }

  open(): void {
    if (this.#dialog.open) return;
    this.#input.value = '';
    this.#dialog.showModal();
    this.#note.textContent = known.length === 0 ? 'Asking for the instruments…' : '';
    this.#load().catch((error: unknown) => {
      this.#note.textContent = `The instruments cannot be listed: ${messageOf(error)}. Type a whole key and press Enter.`;
    });
  }

  async #load(): Promise<void> {
    this.#keys = await keysOfAll();
    this.#show();
  }

  #show(): void {
    const found = findKeys(this.#keys, this.#input.value);
    this.#active = 0;
    fill(
      this.#list,
      ...found
        .slice(0, MAX_FOUND)
        .map((key, index) =>
          element(
            'li',
            { id: `found-${index}`, role: 'option', 'data-key': key, on: { click: () => this.#go(key) } },
            element('span', { class: 'segment' }, key.slice(0, key.indexOf('|'))),
            element('b', {}, key.slice(key.indexOf('|') + 1)),
          ),
        ),
    );
    this.#note.textContent =
      found.length === 0
        ? `No instrument contains "${this.#input.value}"; ${this.#keys.length} are known. Add one on the Data page.`
        : `${found.length} of ${this.#keys.length}${found.length > MAX_FOUND ? `, the first ${MAX_FOUND} shown` : ''}`;
    this.#mark();
  }

  #mark(): void {
    for (const [index, option] of [...this.#list.children].entries())
      option.setAttribute('aria-selected', String(index === this.#active));
    const option = this.#list.children[this.#active];
    if (option === undefined) this.#input.removeAttribute('aria-activedescendant');
    else {
      this.#input.setAttribute('aria-activedescendant', option.id);
      option.scrollIntoView({ block: 'nearest' });
    }
  }

  #onKey(event: KeyboardEvent): void {
    const count = this.#list.children.length;
    if (event.key === 'ArrowDown' || event.key === 'ArrowUp') {
      event.preventDefault();
      const step = event.key === 'ArrowDown' ? 1 : -1;
      this.#active = count === 0 ? 0 : (this.#active + step + count) % count;
      this.#mark();
    } else if (event.key === 'Enter') {
      event.preventDefault();
      const chosen = this.#list.children[this.#active]?.getAttribute('data-key');
      const typed = this.#input.value.trim();
      if (chosen !== null && chosen !== undefined) this.#go(chosen);
      else if (typed.includes('|')) this.#go(typed);
    }
  }

  #go(key: string): void {
    location.href = instrumentAddress(key);
  }
}

export function startSearch(): void {
  let search: Search | undefined;
  const open = (): void => (search ??= new Search()).open();
  byId('search-open').addEventListener('click', open);
  addKeys({ key: '/', does: 'Find an instrument', run: open });
}
