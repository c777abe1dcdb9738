import { messageOf } from '../api/api-error.ts';
import type { GapRow } from '../api/answers.ts';
import type { BackfillSpan } from '../api/backfills.ts';
import { backups, coverage, verify } from '../api/coverage.ts';
import type { BackupRow, CoverageRow } from '../api/coverage.ts';
import { ingestorStatus } from '../api/ingestor-status.ts';
import type { IngestorStatus, StoreUse } from '../api/ingestor-status.ts';
import { gaps } from '../api/runner-api.ts';
import { byId, element, fill } from '../dom/element.ts';
import { onZoneChange } from '../shell/clock.ts';
import { demandChange } from '../shell/command-dialog.ts';
import { addKeys } from '../shell/keys.ts';
import { connectionState, showState } from '../shell/notice-line.ts';
import type { PageState } from '../shell/notice-line.ts';
import { every } from '../shell/pace.ts';
import { panel } from '../shell/panel.ts';
import { serverNow } from '../shell/server-time.ts';
import { startShell } from '../shell/shell.ts';
import { csvText, saveFile } from '../table/csv.ts';
import { PlainTable } from '../table/plain-table.ts';
import { BackfillList } from './backfill-list.ts';
import { instrumentForm, tokenRows } from './changes.ts';
import { DayComparison } from './day-comparison.ts';
import { HeatMap, byInstrument } from './heat-map.ts';
import { BACKUP_COLUMNS, GAP_COLUMNS, STORE_COLUMNS, gapColumns, showDays, showVerified } from './panels.ts';

const DAY_MS = 86_400_000;
const SHOWN_GAPS = 500;
const URGENCY = ['open', 'filling', 'unfillable', 'filled'];
const RANGES = [7, 14, 30] as const;

let days: number = RANGES[0];
let rows: readonly CoverageRow[] | undefined;
let coverageFailure = '';
let failure = '';
let status: IngestorStatus | undefined;

const backfillList = new BackfillList(() => void Promise.allSettled([loadState(), loadCoverage()]));
const ask = (span: BackfillSpan): void => void backfillList.ask(span);
const map = new HeatMap((row) => showDays(byId('days'), row, ask));
const gapTable = new PlainTable<GapRow>({
  label: 'Gaps',
  columns: gapColumns(ask),
  key: ({ id }) => id,
  empty: 'No gap: every tick of the venue is here, as far as ids and sessions tell.',
});
const stores = new PlainTable<StoreUse>({
  label: 'Stores',
  columns: STORE_COLUMNS,
  key: ({ store }) => store,
  empty: 'The ingestor has not told.',
});
const backupTable = new PlainTable<BackupRow>({
  label: 'Backups',
  columns: BACKUP_COLUMNS,
  key: (backup) => JSON.stringify(backup),
  empty: 'No backup yet.',
});
const dayComparison = new DayComparison();
const filter = element('input', {
  type: 'search',
  class: 'filter',
  placeholder: 'Filter instruments (f)',
  'aria-label': 'Filter instruments',
  on: { input: showMap },
});
const range = element(
  'select',
  { class: 'select', 'aria-label': 'Days shown', on: { change: chooseRange } },
  ...RANGES.map((each) => element('option', { value: each }, `${each} days`)),
);
const mapNote = element('p', { class: 'empty' });
const verified = element(
  'div',
  {},
  element(
    'p',
    { class: 'empty' },
    'Candles are compared with ticks, ticks with the venue’s ids, and candles with the venue’s own where it has told them. It reads everything that is stored: a minute or more.',
  ),
);

fill(
  byId('content'),
  panel(
    'Coverage, percent of the minutes expected',
    { id: 'coverage', class: 'wide', tools: [legend(), filter, range] },
    mapNote,
    map.element,
  ),
  panel('Missing of the chosen instrument', { id: 'days' }),
  panel(
    'Instruments',
    { id: 'instruments' },
    instrumentForm(() => void load()),
    element('div', { id: 'tokens' }),
  ),
  panel(
    'Gaps',
    { id: 'gaps', class: 'wide table-panel', tools: [button('CSV', saveGaps)] },
    gapTable.element,
  ),
  panel('Backfills', { id: 'backfills' }, backfillList.element),
  panel(
    'Verification',
    { id: 'differences', tools: [button('Verify now', () => void runVerify())] },
    verified,
  ),
  panel(
    'Ended days against the venue’s candles',
    { id: 'ended-days', class: 'wide table-panel', tools: dayComparison.tools },
    dayComparison.element,
  ),
  panel('Files and sizes', { id: 'stores' }, stores.element),
  panel(
    'Backups',
    { id: 'backups', class: 'table-panel', tools: [button('Back up now…', backUp)] },
    backupTable.element,
  ),
);
showDays(byId('days'), undefined, ask);

const shell = startShell({
  onConnected: () => void load(),
  onConnection: showSituation,
  onOverview: showSituation,
});

function button(title: string, click: () => void): HTMLButtonElement {
  return element('button', { type: 'button', class: 'button', on: { click } }, title);
}

function legend(): HTMLElement {
  const levels = [
    ['full', 'whole'],
    ['high', '99'],
    ['low', '90'],
    ['bad', 'less'],
    ['off', '· closed or not watched'],
  ] as const;
  return element(
    'span',
    { class: 'legend', 'aria-hidden': 'true' },
    ...levels.map(([level, text]) => element('span', { 'data-level': level }, text)),
  );
}

async function load(): Promise<void> {
  await Promise.allSettled([
    loadState(),
    loadCoverage(),
    loadBackups(),
    backfillList.load(),
    dayComparison.load(),
  ]);
}

async function loadState(): Promise<void> {
  try {
    const [all, told] = await Promise.all([gaps(), ingestorStatus()]);
    status = told;
    failure = '';
    gapTable.setRows(byUrgency(all).slice(0, SHOWN_GAPS));
    stores.setRows(told.limits ?? []);
    fill(byId('tokens'), ...tokenRows(told));
  } catch (error) {
    failure = messageOf(error);
  }
  showSituation();
}

/** What is missing first, the newest of it above. */
function byUrgency(all: readonly GapRow[]): readonly GapRow[] {
  const rank = ({ state }: GapRow): number => URGENCY.indexOf(state);
  return all.toSorted((left, right) => rank(left) - rank(right) || right.fromMicros - left.fromMicros);
}

async function loadCoverage(): Promise<void> {
  try {
    rows = await coverage(Math.floor((serverNow() - days * DAY_MS) * 1_000));
    coverageFailure = '';
  } catch (error) {
    coverageFailure = messageOf(error);
  }
  showMap();
}

async function loadBackups(): Promise<void> {
  backupTable.setRows((await backups()).toReversed());
}

function showMap(): void {
  const text =
    coverageFailure !== ''
      ? `The coverage cannot be told: ${coverageFailure}.`
      : rows === undefined
        ? 'The ingestor reads the candles of these days…'
        : rows.length === 0
          ? 'Nothing was stored in these days.'
          : '';
  mapNote.textContent = text;
  mapNote.hidden = text === '';
  map.element.hidden = rows === undefined || rows.length === 0;
  if (rows !== undefined) map.show(byInstrument(rows), filter.value);
}

function chooseRange(): void {
  days = Number(range.value);
  rows = undefined;
  showMap();
  void loadCoverage();
}

function saveGaps(): void {
  saveFile('gaps.csv', csvText(GAP_COLUMNS, gapTable.rows));
}

async function runVerify(): Promise<void> {
  const began = performance.now();
  fill(
    verified,
    element(
      'p',
      { class: 'empty' },
      'The ingestor verifies. This can take minutes; ingestion goes on meanwhile.',
    ),
  );
  try {
    showVerified(verified, await verify());
    const seconds = ((performance.now() - began) / 1_000).toFixed(1);
    verified.append(element('p', { class: 'muted' }, `It took ${seconds} s.`));
  } catch (error) {
    fill(verified, element('p', { class: 'empty' }, `It could not be verified: ${messageOf(error)}`));
  }
}

function backUp(): void {
  demandChange({
    title: 'Back up now?',
    detail: 'A consistent copy of everything, verified; ingestion goes on meanwhile. This can take minutes.',
    verb: 'Back up',
    path: 'ingestor/backup',
    onDone: () => void loadBackups(),
  });
}

function showSituation(): void {
  showState(situation());
}

function situation(): PageState | undefined {
  const retry = (): void => {
    shell.events.retryNow();
    void load();
  };
  const broken = connectionState({ connection: shell.events.state, isLoaded: status !== undefined, retry });
  if (broken !== undefined) return broken;
  if (failure === '') return undefined;
  return {
    kind: 'bad',
    title: 'The ingestor does not answer.',
    detail: `${failure}. What is shown is as it was. It is restarted by "npx tickwright start"; see Ops.`,
    action: { title: 'Try again', run: retry },
  };
}

every(5_000, loadState);
every(60_000, loadCoverage);
every(1_000, async () => {
  if (backfillList.isAnyRunning) await backfillList.load();
});
every(15_000, () => backfillList.load());
every(60_000, () => dayComparison.load());
every(1_000, () => gapTable.age());
onZoneChange(() => {
  void loadState();
  dayComparison.redraw();
});
addKeys(
  { key: 'f', does: 'Filter instruments', run: () => filter.focus() },
  { key: 'j', does: 'Next instrument', run: () => map.move(1) },
  { key: 'k', does: 'Instrument before', run: () => map.move(-1) },
);
showMap();
showSituation();
