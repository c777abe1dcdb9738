import { messageOf } from '../api/api-error.ts';
import type { NoticeRow } from '../api/answers.ts';
import { ingestorStatus } from '../api/ingestor-status.ts';
import type { IngestorStatus } from '../api/ingestor-status.ts';
import { ingestorMetrics, total } from '../api/metrics.ts';
import type { Metrics } from '../api/metrics.ts';
import { jobTree, ops as askOps } from '../api/ops.ts';
import type { LogLine, Ops, ProcessRow } from '../api/ops.ts';
import { notices } from '../api/runner-api.ts';
import { byId, element, fill, setText } from '../dom/element.ts';
import { connectionState, showState } from '../shell/notice-line.ts';
import { every } from '../shell/pace.ts';
import { panel } from '../shell/panel.ts';
import { startShell } from '../shell/shell.ts';
import { PlainTable } from '../table/plain-table.ts';
import { VirtualTable } from '../table/virtual-table.ts';
import { comparison } from '../table/column.ts';
import { ACKNOWLEDGED, acknowledge } from './acknowledge.ts';
import {
  CONNECTION_COLUMNS,
  LOG_COLUMNS,
  NOTICE_COLUMNS,
  PROCESS_COLUMNS,
  SUBSCRIPTION_COLUMNS,
} from './columns.ts';
import type { Connection, Subscription } from './columns.ts';
import { showJobs } from './job-tree.ts';
import { showLatency } from './latency-chart.ts';
import { showPipeline, stagesOf } from './pipeline.ts';
import { Rates } from './rates.ts';
import { showRetries, showStorage } from './storage.ts';
import { showVerdict } from './verdict.ts';
import { instrumentAddress } from '../shell/search.ts';

const rates = new Rates();
const verdict = element('section', { class: 'verdict', 'aria-live': 'polite', 'aria-label': 'Verdict' });
const pipeline = element('ol', { class: 'pipeline', 'aria-label': 'From the venue to a signal' });
const processes = new PlainTable<ProcessRow>({
  label: 'Processes',
  columns: PROCESS_COLUMNS,
  key: ({ name }) => name,
  empty: 'The runner has told nothing yet.',
});
const connections = new PlainTable<Connection>({
  label: 'Streams',
  columns: CONNECTION_COLUMNS,
  key: ({ venue, url, connection }) => `${venue} ${connection ?? ''} ${url}`,
  empty: 'No stream: the ingestor is away, or no source is configured.',
});
const alerts = new PlainTable<NoticeRow>({
  label: 'Alerts',
  columns: NOTICE_COLUMNS,
  key: ({ id }) => id,
  empty: 'No alert. Limits, stopped strategies, stale data and the kill switch appear here.',
});
let unseen: readonly NoticeRow[] = [];
const allSeen = element(
  'button',
  { type: 'button', class: 'button', disabled: true, on: { click: () => void acknowledge(unseen) } },
  'Acknowledge all',
);
const log = new PlainTable<LogLine>({
  label: 'Log',
  columns: LOG_COLUMNS,
  key: ({ time, msg, name }) => `${time} ${name} ${msg}`,
  empty: 'The runner has logged nothing yet.',
});
const subscriptionByKey = new Map<string, Subscription>();
const subscriptionNote = element('p', { class: 'empty' });
const subscriptions = new VirtualTable<Subscription>({
  label: 'Subscriptions',
  columns: SUBSCRIPTION_COLUMNS,
  rowOf: (key) => subscriptionByKey.get(key),
  onSort: () => undefined,
  onOpen: (key) => location.assign(instrumentAddress(key)),
});

fill(
  byId('content'),
  verdict,
  panel('From the venue to a signal', { id: 'pipeline', class: 'wide' }, pipeline),
  panel('Processes', { id: 'processes', class: 'wide' }, processes.element),
  element(
    'div',
    { class: 'stack' },
    panel('Retries and lock conflicts', { id: 'retries' }),
    panel('Alerts', { id: 'alerts', class: 'table-panel', tools: [allSeen] }, alerts.element),
    panel('Streams', { id: 'streams' }, connections.element),
    panel(
      'Subscriptions',
      { id: 'subscriptions' },
      subscriptionNote,
      element('div', { class: 'subscription-table' }, subscriptions.element),
    ),
    panel('Jobs', { id: 'jobs' }),
  ),
  element(
    'div',
    { class: 'stack' },
    panel('Latency', { id: 'latency' }),
    panel('Storage and queues', { id: 'storage' }),
    panel('Log', { id: 'log', class: 'table-panel' }, log.element),
  ),
);

let known: { ops: Ops | undefined; status: IngestorStatus | undefined; metrics: Metrics | undefined } = {
  ops: undefined,
  status: undefined,
  metrics: undefined,
};
let failure = '';

const shell = startShell({
  topics: ['notice'],
  on: { notice: () => void loadAlerts() },
  onConnected: () => void load(),
  onConnection: showSituation,
  onOverview: show,
});

async function load(): Promise<void> {
  const [told, status, metrics] = await Promise.allSettled([askOps(), ingestorStatus(), ingestorMetrics()]);
  failure = told.status === 'rejected' ? messageOf(told.reason) : '';
  known = {
    ops: told.status === 'fulfilled' ? told.value : undefined,
    status: status.status === 'fulfilled' ? status.value : undefined,
    metrics: metrics.status === 'fulfilled' ? metrics.value : undefined,
  };
  show();
}

/** Signals are no alerts: they stand with their strategies. What nobody has seen comes first. */
async function loadAlerts(): Promise<void> {
  const told = (await notices({ limit: 500 })).filter(({ code }) => code !== 'signal');
  unseen = told.filter(({ acknowledged }) => !acknowledged);
  alerts.setRows([...unseen, ...told.filter(({ acknowledged }) => acknowledged)].slice(0, 100));
  allSeen.disabled = unseen.length === 0;
}

async function loadJobs(): Promise<void> {
  const target = byId('jobs');
  // An open menu or a pressed button must not be replaced under the pointer.
  if (target.matches(':focus-within')) return;
  showJobs(target, await jobTree().catch(() => undefined));
}

function show(): void {
  const { ops, status, metrics } = known;
  const overview = shell.overview();
  showVerdict(verdict, { overview, ops, status });
  if (ops !== undefined) {
    processes.setRows(ops.processes.map(measured));
    log.setRows(ops.log.slice(0, 100));
  }
  showPipeline(pipeline, stagesOf({ status, ops, rates, nowMs: performance.now() }));
  showRetries(byId('retries'), { status, ops, metrics });
  showStorage(byId('storage'), { status, ops, metrics });
  showLatency(byId('latency'), ops?.runner.latency);
  connections.setRows(connectionsOf(status));
  showSubscriptions(status);
  showSituation();
}

/** What a process does not tell of itself stands in its metrics. */
function measured(row: ProcessRow): ProcessRow {
  const { metrics } = known;
  if (row.name !== 'ingestor' || metrics === undefined) return row;
  const cpu = rates.rate('ingestor cpu', total(metrics, 'process_cpu_seconds_total'), performance.now());
  return {
    ...row,
    rssBytes: row.rssBytes ?? total(metrics, 'process_resident_memory_bytes') ?? null,
    cpuPercent: row.cpuPercent ?? (cpu === undefined ? null : cpu * 100),
  };
}

function connectionsOf(status: IngestorStatus | undefined): Connection[] {
  return (status?.streams ?? []).flatMap(({ venue, connections: all, counts }) => {
    const reconnects = Object.values(counts.reconnects).reduce((sum, count) => sum + count, 0);
    return all.map((each) => ({ ...each, venue, reconnects }));
  });
}

/** What is not live comes first. */
function showSubscriptions(status: IngestorStatus | undefined): void {
  const all = (status?.streams ?? []).flatMap((stream) => stream.subscriptions);
  subscriptionByKey.clear();
  for (const each of all) subscriptionByKey.set(each.instrument, each);
  const counts = new Map<string, number>();
  for (const { state } of all) counts.set(state, (counts.get(state) ?? 0) + 1);
  const text = [...counts].map(([state, count]) => `${count} ${state}`).join(', ');
  setText(subscriptionNote, text === '' ? 'Nothing is subscribed, or the ingestor is away.' : text);
  const byState = comparison(
    SUBSCRIPTION_COLUMNS.find(({ id }) => id === 'state'),
    'ascending',
  );
  const order = all.toSorted(
    (left, right) => byState(left, right) || left.instrument.localeCompare(right.instrument),
  );
  subscriptions.setOrder(
    order.map(({ instrument }) => instrument),
    undefined,
  );
}

function showSituation(): void {
  const retry = (): void => {
    shell.events.retryNow();
    void load();
  };
  const broken = connectionState({
    connection: shell.events.state,
    isLoaded: known.ops !== undefined,
    retry,
  });
  if (broken !== undefined) return showState(broken);
  if (failure !== '')
    return showState({
      kind: 'bad',
      title: 'The runner does not tell of its work.',
      detail: failure,
      action: { title: 'Try again', run: retry },
    });
  return showState(undefined);
}

every(2_000, load);
every(5_000, async () => {
  await Promise.allSettled([loadJobs(), loadAlerts()]);
});
every(1_000, () => {
  alerts.age();
  subscriptions.age();
});
document.addEventListener(ACKNOWLEDGED, () => void loadAlerts());
show();
void loadAlerts();
void loadJobs();
