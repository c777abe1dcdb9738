import { messageOf } from '../api/api-error.ts';
import type { ScannerEvent } from '../api/answers.ts';
import { scannerRows } from '../api/runner-api.ts';
import { byId, element, fill, setText } from '../dom/element.ts';
import { dateAndTime } from '../format/times.ts';
import { onZoneChange, zone } from '../shell/clock.ts';
import { addKeys } from '../shell/keys.ts';
import { showState } from '../shell/notice-line.ts';
import { instrumentAddress, knowInstruments } from '../shell/search.ts';
import { serverNow } from '../shell/server-time.ts';
import { startShell } from '../shell/shell.ts';
import { csvText, saveFile } from '../table/csv.ts';
import { VirtualTable } from '../table/virtual-table.ts';
import { COLUMNS, statusNotes } from './columns.ts';
import { scannerState } from './page-state.ts';
import { orderOf } from './row-order.ts';
import { RowStore } from './row-store.ts';
import type { ScannerView } from './row-store.ts';
import { Toolbar } from './toolbar.ts';
import { effectiveSort, readViewState, viewAddress } from './view-state.ts';
import type { ViewState } from './view-state.ts';
import { toggleWatched, watchlistNames } from './watchlists.ts';

/** Changes are shown at most so often; the runner sends them as often at most. */
const SHOW_MS = 250;
/** Events are asked for without the rows, when these take longer. */
const FIRST_ROWS_MS = 2_000;

const store = new RowStore();
let view = readViewState(
  location.search,
  COLUMNS.map(({ id }) => id),
);
let isLoaded = false;
let isPaused = false;
/** How far rows were told; undefined until then. */
let cursor: string | undefined;
let failure = '';

const table = new VirtualTable<ScannerView>({
  label: 'Instruments',
  columns: COLUMNS,
  rowOf: (key) => store.get(key),
  onSort: sortBy,
  onOpen: open,
  onSelect: (selected) => {
    view = { ...view, selected };
    keepAddress();
    showBottom();
  },
});
const toolbar = new Toolbar({ change, resort, pause, save });
const bottom = {
  count: element('span', { id: 'count' }),
  note: element('span', { id: 'row-note', class: 'row-note', role: 'status' }),
};
fill(
  byId('bottom'),
  bottom.count,
  bottom.note,
  element(
    'span',
    { class: 'keys' },
    'j k move · Enter open · w watch · f filter · r re-sort · p pause · ? all keys',
  ),
);
byId('table').append(table.element);
if (view.selected !== undefined) table.select(view.selected);

const shell = startShell({
  topics: ['scanner'],
  // Rows come once: those that are asked for while the page still loads, then what changed since, after a broken connection,
  // too. A runner that does not know the cursor, another run of it, tells all of them.
  after: Promise.race([load(), sleep(FIRST_ROWS_MS)]),
  since: () => ({ rows: cursor }),
  on: { scanner: (data) => take(data as ScannerEvent) },
  onConnection: showSituation,
  onOverview: showSituation,
});

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}

/** Never rejects. An answer that comes after events have told rows is older than they are. */
async function load(): Promise<void> {
  try {
    const answer = await scannerRows();
    if (cursor !== undefined) return;
    take({ ...answer, isWhole: true });
  } catch (error) {
    if (cursor !== undefined) return;
    failure = messageOf(error);
    showSituation();
  }
}

function take(told: ScannerEvent): void {
  cursor = told.cursor;
  failure = '';
  if (told.isWhole) store.replace(told.rows);
  else for (const row of told.rows) store.merge(row);
  if (told.isWhole) loaded();
}

function loaded(): void {
  // What `npm run bench -- dashboard` measures: the first time that rows are shown.
  if (!isLoaded) requestAnimationFrame(() => performance.mark('first-rows'));
  isLoaded = true;
  knowInstruments([...new Set([...store.all()].map(({ row }) => row.symbol))]);
  toolbar.showCounts(store);
  resort();
}

function change(part: Partial<ViewState>): void {
  view = { ...view, ...part };
  resort();
  keepAddress();
}

function sortBy(column: string): void {
  const now = effectiveSort(view);
  const first = COLUMNS.find(({ id }) => id === column)?.align === 'right' ? 'descending' : 'ascending';
  const other = now.direction === 'ascending' ? 'descending' : 'ascending';
  change({ sort: { column, direction: now.column === column ? other : first } });
}

/** Only here rows change their places: on demand, never under the reader's eyes. */
function resort(): void {
  table.setOrder(orderOf(store, view, COLUMNS), effectiveSort(view));
  store.takeChanged();
  toolbar.show(view);
  toolbar.showResort(false);
  showSituation();
}

function pause(): void {
  isPaused = !isPaused;
  toolbar.showPause(isPaused);
  if (!isPaused) show();
  showSituation();
}

function save(): void {
  const rows = table.keys.flatMap((key) => store.get(key) ?? []);
  const name = `scanner-${dateAndTime(serverNow(), zone()).replaceAll(/[: ]/g, '-')}.csv`;
  saveFile(
    name,
    csvText(
      COLUMNS.filter(({ id }) => id !== 'spark'),
      rows,
    ),
  );
}

function open(key: string): void {
  const row = store.get(key)?.row;
  if (row !== undefined) location.href = `${instrumentAddress(row.symbol)}?interval=${row.interval}`;
}

function watch(): void {
  const row = view.selected === undefined ? undefined : store.get(view.selected)?.row;
  if (row === undefined) return;
  toggleWatched(view.list === '' ? (watchlistNames()[0] ?? 'Watchlist') : view.list, row.symbol);
  table.update();
  toolbar.show(view);
}

function keepAddress(): void {
  history.replaceState(null, '', viewAddress(view));
}

function show(): void {
  const changed = store.takeChanged();
  if (changed.size > 0) table.update(changed);
}

function showSituation(): void {
  showState(
    scannerState({
      store,
      view,
      shown: table.keys.length,
      connection: shell.events.state,
      overview: shell.overview(),
      failure,
      isLoaded,
      clear: () => change({ preset: 'all', text: '', list: '', sort: undefined }),
      retry: () => {
        shell.events.retryNow();
        if (cursor === undefined) void load();
      },
    }),
  );
  showBottom();
}

/** How many rows, and of the chosen one what its status cell only hints at: a phone has no hover. */
function showBottom(): void {
  const paused = isPaused ? ', paused: what is shown stands still' : '';
  setText(bottom.count, `${table.keys.length} of ${store.size} rows${paused}`);
  const chosen = table.selected === undefined ? undefined : store.get(table.selected);
  const notes = chosen === undefined ? [] : statusNotes(chosen);
  const name = chosen === undefined ? '' : `${chosen.row.symbol} ${chosen.row.interval}: `;
  setText(bottom.note, name + notes.join(' · '));
}

window.setInterval(() => {
  if (!isPaused && !document.hidden) show();
}, SHOW_MS);
window.setInterval(() => {
  if (!isPaused) table.age();
  showSituation();
}, 1_000);
window.setInterval(() => {
  if (!isLoaded || isPaused) return;
  const order = orderOf(store, view, COLUMNS);
  const isOld = order.length !== table.keys.length || order.some((key, index) => key !== table.keys[index]);
  toolbar.showResort(isOld);
  toolbar.showCounts(store);
}, 2_000);
onZoneChange(() => table.update());

addKeys(
  { key: 'j', does: 'Next row', run: () => table.move(1) },
  { key: 'k', does: 'Row before', run: () => table.move(-1) },
  { key: 'ArrowDown', does: 'Next row', run: () => table.move(1) },
  { key: 'ArrowUp', does: 'Row before', run: () => table.move(-1) },
  { key: 'PageDown', does: '20 rows on', run: () => table.move(20) },
  { key: 'PageUp', does: '20 rows back', run: () => table.move(-20) },
  { key: 'Home', does: 'First row', run: () => table.moveTo(0) },
  { key: 'End', does: 'Last row', run: () => table.moveTo(Infinity) },
  { key: 'Enter', does: 'Open the instrument', run: () => table.openSelected() },
  { key: 'f', does: 'Filter rows', run: () => toolbar.filter.focus() },
  { key: 'w', does: 'Put into the watchlist, or take out', run: watch },
  { key: 'r', does: 'Re-sort', run: resort },
  { key: 'p', does: 'Pause, resume', run: pause },
);
toolbar.filter.addEventListener('keydown', (event) => {
  if (event.key !== 'Escape' && event.key !== 'Enter') return;
  toolbar.filter.blur();
  table.focus();
});
showSituation();
