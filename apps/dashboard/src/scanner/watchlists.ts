const KEY = 'tickwright.watchlists';

type Lists = Record<string, string[]>;

const DEFAULT = 'Watchlist';

/** Watchlists live in this browser. What is kept there may be of anybody: it is checked. */
function read(): Lists {
  try {
    const kept: unknown = JSON.parse(localStorage.getItem(KEY) ?? '{}');
    if (typeof kept !== 'object' || kept === null) return {};
    return Object.fromEntries(
      Object.entries(kept).filter(
        (entry): entry is [string, string[]] =>
          Array.isArray(entry[1]) && entry[1].every((one) => typeof one === 'string'),
      ),
    );
  } catch {
    return {};
  }
}

let lists = read();
let watched = new Set(Object.values(lists).flat());

window.addEventListener('storage', (event) => {
  if (event.key === KEY) {
    lists = read();
    watched = new Set(Object.values(lists).flat());
  }
});

function keep(): void {
  watched = new Set(Object.values(lists).flat());
  try {
    localStorage.setItem(KEY, JSON.stringify(lists));
  } catch {
    // Full or forbidden: the list lives as long as the page.
  }
}

export function watchlistNames(): readonly string[] {
  return Object.keys(lists).length === 0 ? [DEFAULT] : Object.keys(lists);
}

export function watchlist(name: string): ReadonlySet<string> {
  return new Set(lists[name] ?? []);
}

/** Whether it stands in any list. */
export function isWatched(symbol: string): boolean {
  return watched.has(symbol);
}

/** Puts it in, or takes it out. */
export function toggleWatched(name: string, symbol: string): void {
  const list = lists[name] ?? [];
  lists[name] = list.includes(symbol) ? list.filter((each) => each !== symbol) : [...list, symbol];
  keep();
}

export function addWatchlist(name: string): void {
  lists[name] ??= [];
  keep();
}

export function removeWatchlist(name: string): void {
  delete lists[name];
  keep();
}
