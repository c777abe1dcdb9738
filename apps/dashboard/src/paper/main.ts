import type { Account, ClosedTrade, EquityPoint, Fill, MarkedPosition, Order } from '@tickwright/trading';
import { messageOf } from '../api/api-error.ts';
import { equity, fills, orders, positions, trades } from '../api/runner-api.ts';
import { byId, element, fill } from '../dom/element.ts';
import { decimalTone } from '../format/decimal-sum.ts';
import { decimalText, money } from '../format/numbers.ts';
import { dateIn } from '../format/times.ts';
import { onZoneChange, zone } from '../shell/clock.ts';
import { demandChange } from '../shell/command-dialog.ts';
import { connectionState, showState } from '../shell/notice-line.ts';
import type { PageState } from '../shell/notice-line.ts';
import { every } from '../shell/pace.ts';
import { panel } from '../shell/panel.ts';
import { serverNow } from '../shell/server-time.ts';
import { startShell } from '../shell/shell.ts';
import { StatTiles } from '../shell/stat-tiles.ts';
import type { Column } from '../table/column.ts';
import { csvText, saveFile } from '../table/csv.ts';
import { PlainTable } from '../table/plain-table.ts';
import { FILL_COLUMNS, ORDER_COLUMNS, POSITION_COLUMNS, TRADE_COLUMNS } from './columns.ts';
import { EquityChart } from './equity-chart.ts';
import { showOrder } from './order-dialog.ts';
import { RESULT_COLUMNS, resultsOf } from './per-strategy.ts';
import type { StrategyResult } from './per-strategy.ts';

const LIMIT = 500;
const tiles = new StatTiles();
const chart = new EquityChart();
const byIdKey = ({ id }: { readonly id: string }): string => id;
const positionKey = ({ strategy, instrument }: MarkedPosition): string => `${strategy} ${instrument}`;

const tables = {
  results: table<StrategyResult>(
    'By strategy',
    RESULT_COLUMNS,
    ({ strategy }) => strategy,
    'No strategy has traded yet.',
  ),
  positions: table<MarkedPosition>(
    'Positions',
    POSITION_COLUMNS,
    positionKey,
    'Nothing is held. Positions appear when an order is filled.',
  ),
  working: table<Order>(
    'Open orders',
    ORDER_COLUMNS,
    byIdKey,
    'No order works. Strategies order when they signal.',
    showOrder,
  ),
  ended: table<Order>(
    'Rejected and ended orders',
    ORDER_COLUMNS,
    byIdKey,
    'No order was rejected, cancelled or expired.',
    showOrder,
  ),
  fills: table<Fill>('Fills', FILL_COLUMNS, byIdKey, 'No order was filled yet.'),
  trades: table<ClosedTrade>('Closed trades', TRADE_COLUMNS, byIdKey, 'No position was closed yet.'),
};

let account: Account | undefined;
let held: readonly MarkedPosition[] = [];
let closed: readonly ClosedTrade[] = [];
let points: readonly EquityPoint[] = [];
let failure = '';
let isLoaded = false;
/** Orders, fills or trades came since the rows were fetched. */
let isOld = false;

function table<Row>(
  label: string,
  columns: readonly Column<Row>[],
  key: (row: Row) => string,
  empty: string,
  onOpen?: (row: Row) => void,
): { label: string; columns: readonly Column<Row>[]; view: PlainTable<Row> } {
  return { label, columns, view: new PlainTable({ label, columns, key, empty, ...(onOpen && { onOpen }) }) };
}

function tablePanel<Row>(
  id: string,
  { label, columns, view }: { label: string; columns: readonly Column<Row>[]; view: PlainTable<Row> },
): HTMLElement {
  const save = (): void => saveFile(`${id}-${dateIn(serverNow(), zone())}.csv`, csvText(columns, view.rows));
  const button = element(
    'button',
    { type: 'button', class: 'button', 'aria-label': `Save ${label} as CSV`, on: { click: save } },
    'CSV',
  );
  return panel(label, { id, class: `table-panel ${id}-panel`, tools: [button] }, view.element);
}

fill(
  byId('content'),
  tiles.element,
  panel('Equity and drawdown', { id: 'equity', class: 'equity-panel' }, chart.element),
  tablePanel('results', tables.results),
  tablePanel('positions', tables.positions),
  tablePanel('working', tables.working),
  tablePanel('ended', tables.ended),
  tablePanel('trades', tables.trades),
  tablePanel('fills', tables.fills),
);

const shell = startShell({
  topics: ['account', 'positions', 'order', 'fill', 'trade', 'equity'],
  on: {
    account: (data) => {
      account = data as Account;
      showAccount();
    },
    positions: (data) => {
      held = data as MarkedPosition[];
      showPositions();
    },
    equity: (data) => {
      const point = data as EquityPoint;
      if (point.seq > (points[points.length - 1]?.seq ?? -1)) points = [...points, point];
      chart.show(points);
      showAccount();
    },
    order: () => (isOld = true),
    fill: () => (isOld = true),
    trade: () => (isOld = true),
  },
  onConnected: () => void load(),
  onConnection: showSituation,
  onOverview: showTools,
});
async function load(): Promise<void> {
  try {
    const [book, curve] = await Promise.all([positions(), equity({ limit: 2_000 })]);
    account = book.account;
    held = book.positions;
    points = curve;
    await loadRows();
    chart.show(points);
    isLoaded = true;
    failure = '';
    showAccount();
  } catch (error) {
    failure = messageOf(error);
  }
  showSituation();
}

async function loadRows(): Promise<void> {
  isOld = false;
  const [working, recent, filled, done] = await Promise.all([
    orders({ state: 'working', limit: LIMIT }),
    orders({ limit: LIMIT }),
    fills({ limit: LIMIT }),
    trades({ limit: LIMIT }),
  ]);
  closed = done;
  tables.working.view.setRows(working);
  tables.ended.view.setRows(recent.filter(({ state }) => state !== 'working' && state !== 'filled'));
  tables.fills.view.setRows(filled);
  tables.trades.view.setRows(done);
  showPositions();
}

function showPositions(): void {
  tables.positions.view.setRows(held.filter(({ quantity }) => quantity !== '0'));
  tables.results.view.setRows(resultsOf(held, closed));
}

function showAccount(): void {
  if (account === undefined) return;
  const { currency, equity: worth, dayPnl, dayStartEquity, initialCash, exposure, buyingPower } = account;
  const share = (part: string, whole: string): string =>
    `${decimalText((100 * Number(part)) / Number(whole || 1), 2)}%`;
  tiles.show([
    {
      id: 'equity',
      title: `Equity, ${currency}`,
      value: money(worth),
      detail: `begun with ${money(initialCash, { decimals: 0 })}`,
    },
    {
      id: 'day',
      title: `P&L of ${account.day}`,
      value: money(dayPnl, { sign: 'always' }),
      detail: share(dayPnl, dayStartEquity),
      tone: decimalTone(dayPnl),
    },
    {
      id: 'unrealized',
      title: 'Unrealized',
      value: money(account.unrealizedPnl, { sign: 'always' }),
      tone: decimalTone(account.unrealizedPnl),
      detail: `${held.filter(({ quantity }) => quantity !== '0').length} positions`,
    },
    {
      id: 'realized',
      title: 'Realized',
      value: money(account.realizedPnl, { sign: 'always' }),
      tone: decimalTone(account.realizedPnl),
      detail: `fees ${money(account.fees)}`,
    },
    {
      id: 'exposure',
      title: 'Exposure',
      value: money(exposure),
      detail: `${share(exposure, worth)} of equity`,
    },
    { id: 'power', title: 'Buying power', value: money(buyingPower), detail: `cash ${money(account.cash)}` },
    {
      id: 'drawdown',
      title: 'Worst drawdown',
      value: `${decimalText(chart.worst * 100, 2)}%`,
      tone: chart.worst < 0 ? 'down' : undefined,
      detail: 'of what is plotted',
    },
  ]);
}

function showTools(): void {
  const isKilled = shell.overview()?.killed ?? false;
  const target = byId('tools');
  if (target.dataset['killed'] === String(isKilled)) return;
  target.dataset['killed'] = String(isKilled);
  const button = (title: string, kind: string, click: () => void): HTMLElement =>
    element('button', { type: 'button', class: `button ${kind}`, on: { click } }, title);
  fill(
    target,
    isKilled ? button('Resume trading…', 'primary', resume) : button('Kill switch…', 'danger', kill),
    button('Flatten all…', 'danger', flatten),
  );
}

function kill(): void {
  const working = tables.working.view.rows.length;
  demandChange({
    title: 'Turn the kill switch on?',
    detail: `All ${working} open orders are cancelled, and only orders that make a position smaller are taken until you resume. Positions stay as they are.`,
    verb: 'Stop all trading',
    path: 'kill',
    asksReason: true,
    isDangerous: true,
    onDone: () => void load(),
  });
}

function resume(): void {
  demandChange({
    title: 'Resume trading?',
    detail: 'Strategies order again from their next signal on. Old signals are not repeated.',
    verb: 'Resume',
    path: 'resume',
    asksReason: true,
    onDone: () => void load(),
  });
}

function flatten(): void {
  const count = held.filter(({ quantity }) => quantity !== '0').length;
  demandChange({
    title: 'Flatten everything?',
    detail: `All open orders are cancelled and all ${count} positions are closed with market orders. Strategies go on signalling: use the kill switch to stop them.`,
    verb: `Close ${count} positions`,
    path: 'flatten',
    body: { instrument: null },
    asksReason: true,
    isDangerous: true,
    onDone: () => void load(),
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
  const broken = connectionState({ connection: shell.events.state, isLoaded, retry });
  if (broken !== undefined) return broken;
  if (failure !== '')
    return {
      kind: 'bad',
      title: 'The book could not be fetched.',
      detail: failure,
      action: { title: 'Try again', run: retry },
    };
  if (!isLoaded)
    return { kind: 'busy', title: 'Asking for the book.', detail: 'This takes less than a second.' };
  if (points.length === 0 && held.length === 0)
    return {
      kind: 'empty',
      title: 'Nothing was traded yet.',
      detail:
        'Orders follow signals of enabled strategies that are warm, on fresh data in an open session: see Strategies.',
    };
  const data = shell.overview()?.data;
  if (data === undefined || data.state === 'OK') return undefined;
  return {
    kind: data.state === 'DOWN' ? 'bad' : 'warn',
    title: `Data ${data.state}: values are as of the last price.`,
    detail: data.reason,
  };
}

every(1_000, () => {
  tables.positions.view.age();
  showSituation();
});
every(1_000, async () => {
  if (isOld && isLoaded) await loadRows();
});
onZoneChange(() => void loadRows());
showTools();
showSituation();
