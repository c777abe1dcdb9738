import type { Candle } from '@tickwright/trading';
import { ApiError, messageOf } from '../api/api-error.ts';
import type { GapRow, ScannerEvent, ScannerRow } from '../api/answers.ts';
import { ingestorStatus } from '../api/ingestor-status.ts';
import type { IngestorStatus } from '../api/ingestor-status.ts';
import { fills, gaps, orders, positions, scannerRows, signals, ticks } from '../api/runner-api.ts';
import { byId, element, fill, setText } from '../dom/element.ts';
import { addKeys } from '../shell/keys.ts';
import { connectionState, showState } from '../shell/notice-line.ts';
import type { PageState } from '../shell/notice-line.ts';
import { every } from '../shell/pace.ts';
import { findKeys } from '../shell/search.ts';
import { startShell } from '../shell/shell.ts';
import { showChartBar } from './chart-bar.ts';
import { instrumentViewAddress, readInstrumentView, wrongInterval } from './instrument-view.ts';
import type { InstrumentView } from './instrument-view.ts';
import { LiveChart } from './live-chart.ts';
import { showQuality } from './quality.ts';
import { showQuote } from './quote.ts';
import { SidePanels } from './side-panels.ts';

/** After so long without a candle event the candles are asked for. */
const CANDLE_SILENCE_MS = 5_000;

let view: InstrumentView = readInstrumentView(location.pathname, location.search);
const bar = view.instrument.indexOf('|');
const panels = new SidePanels();
const chart = new LiveChart(byId('chart'), view);
let row: ScannerRow | undefined;
let failure = '';
let ownGaps: readonly GapRow[] = [];
let status: IngestorStatus | undefined;
let isLoaded = false;
let lastCandleEventMs = 0;

document.title = `${view.instrument.slice(bar + 1)} · tickwright`;
fill(
  byId('title'),
  view.instrument.slice(bar + 1),
  element('span', { class: 'segment' }, view.instrument.slice(0, Math.max(0, bar))),
);

const shell = startShell({
  topics: ['scanner', 'candle', 'signal', 'fill', 'order'],
  query: { instrument: view.instrument, interval: view.interval },
  on: {
    scanner: (data) => takeRows(data as ScannerEvent),
    candle: (data) => {
      lastCandleEventMs = Date.now();
      chart.take((data as { candle: Candle }).candle);
    },
    signal: () => void loadBook(),
    fill: () => void loadBook(),
    order: () => void loadBook(),
  },
  onConnected: () => void load(),
  onConnection: showSituation,
  onOverview: showSituation,
});

/** The row of the interval shown where a strategy has one, else any: each connection begins with all of the instrument. */
function takeRows({ isWhole, rows }: ScannerEvent): void {
  const wanted = isWhole ? view.interval : row?.interval;
  const change = rows.find(({ interval }) => interval === wanted) ?? (isWhole ? rows[0] : undefined);
  if (change === undefined) return;
  row = { ...row, ...change } as ScannerRow;
  showQuote(row);
}

async function load(): Promise<void> {
  try {
    await chart.load();
    failure = '';
    isLoaded = true;
  } catch (error) {
    failure = error instanceof ApiError && error.status === 404 ? await unknownText(error) : messageOf(error);
  }
  showSituation();
  await Promise.allSettled([loadBook(), loadQuality(), loadTicks()]);
}

/** What is like the key that is not known. */
async function unknownText(refusal: ApiError): Promise<string> {
  const [rows] = await Promise.allSettled([scannerRows()]);
  const known = rows.status === 'fulfilled' ? [...new Set(rows.value.rows.map(({ symbol }) => symbol))] : [];
  const near = findKeys(known, view.instrument.slice(bar + 1, bar + 3)).slice(0, 3);
  return near.length === 0 ? refusal.message : `${refusal.message}. Near it: ${near.join(', ')}`;
}

async function loadBook(): Promise<void> {
  const { instrument } = view;
  const [made, ordered, filled, held] = await Promise.all([
    signals({ instrument, limit: 200 }),
    orders({ instrument, limit: 50 }),
    fills({ instrument, limit: 200 }),
    positions(),
  ]);
  chart.setMarks(made, filled);
  panels.showBook(made, ordered);
  panels.showPositions(held.positions.filter((each) => each.instrument === instrument));
}

async function loadQuality(): Promise<void> {
  try {
    const [all, told] = await Promise.all([gaps(), ingestorStatus()]);
    ownGaps = all.filter(({ instrument }) => instrument === view.instrument);
    status = told;
    chart.setGaps(ownGaps);
  } catch {
    status = undefined;
  }
  showOwnQuality();
}

function showOwnQuality(): void {
  const { candles } = chart.series;
  const { instrument, interval } = view;
  showQuality({ instrument, lastTick: row?.last_price_ts ?? null, gaps: ownGaps, candles, status });
  setText(
    byId('chart-legend'),
    `${candles.length} candles of ${interval}. Hollow: rising. Amber: incomplete. Shaded: data missing. Dashed line: a session begins.`,
  );
}

async function loadTicks(): Promise<void> {
  panels.showTicks(await ticks(view.instrument, 30));
}

const actions = {
  chooseInterval: (interval: InstrumentView['interval']): void =>
    location.assign(instrumentViewAddress({ ...view, interval })),
  toggleIndicator: (id: string): void => {
    const has = view.indicators.includes(id);
    const indicators = has ? view.indicators.filter((each) => each !== id) : [...view.indicators, id];
    view = { ...view, indicators };
    history.replaceState(null, '', instrumentViewAddress(view));
    chart.setIndicators(indicators);
    showChartBar(view, actions);
  },
};

function showSituation(): void {
  showState(situation());
}

function situation(): PageState | undefined {
  const retry = (): void => {
    shell.events.retryNow();
    void load();
  };
  const broken = connectionState({ connection: shell.events.state, isLoaded, retry });
  if (broken !== undefined) return broken;
  const wrong = wrongInterval(location.search);
  if (wrong !== undefined)
    return {
      kind: 'warn',
      title: `There is no interval "${wrong}".`,
      detail: '1m is shown. There are 1m, 3m, 5m, 15m, 30m, 1h, 4h, 1d.',
    };
  if (failure !== '')
    return {
      kind: 'bad',
      title: 'No candles can be shown.',
      detail: `${failure}. Press / to find an instrument.`,
      action: { title: 'Try again', run: retry },
    };
  if (!isLoaded)
    return { kind: 'busy', title: 'Asking for the candles.', detail: 'This takes less than a second.' };
  if (chart.series.candles.length === 0)
    return {
      kind: 'empty',
      title: 'No candle is published yet.',
      detail: 'The first one appears within two seconds of the first tick in an open session.',
    };
  const data = shell.overview()?.data;
  if (data === undefined || data.state === 'OK') return undefined;
  return { kind: data.state === 'DOWN' ? 'bad' : 'warn', title: `Data ${data.state}.`, detail: data.reason };
}

every(1_000, () => {
  panels.age();
  showSituation();
  if (isLoaded) showOwnQuality();
});
// Ticks are asked for while they are looked at; candles only where none are sent.
every(2_000, async () => {
  if (shell.events.state.state !== 'open' || !isLoaded) return;
  await Promise.allSettled([
    loadTicks(),
    ...(Date.now() - lastCandleEventMs > CANDLE_SILENCE_MS ? [chart.load()] : []),
  ]);
});
every(10_000, async () => {
  await Promise.allSettled([loadQuality(), loadBook()]);
});
addKeys({
  key: 'Escape',
  does: 'Back to the scanner',
  run: () => location.assign(`/scanner?row=${encodeURIComponent(`${view.instrument} ${view.interval}`)}`),
});
showChartBar(view, actions);
showSituation();
