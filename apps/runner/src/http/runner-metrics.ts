import { registerDatabaseMetrics } from '@tickwright/database';
import { registerReceiverMetrics, registerSenderMetrics } from '@tickwright/feed';
import type { Metrics } from '@tickwright/runtime';
import { FeedSource } from '../candle-source/feed-source.ts';
import type { RunnerParts } from '../runner-parts.ts';
import type { RunnerState } from '../runner-state.ts';

interface RunnerGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (parts: RunnerParts) => number;
}

const GAUGES: readonly RunnerGauge[] = [
  {
    name: 'runner_events_total',
    help: 'Events consumed and stored in this run.',
    value: ({ desk }) => desk.health.events,
  },
  {
    name: 'runner_last_sequence',
    help: 'Number of the newest event stored.',
    value: ({ ledger }) => ledger.lastSeq,
  },
  {
    name: 'runner_ledger_failing',
    help: '1 while the ledger takes nothing: trading waits.',
    value: ({ desk }) => (desk.health.state === 'ok' ? 0 : 1),
  },
  {
    name: 'runner_ledger_retries_total',
    help: 'Appends that were tried again.',
    value: ({ desk }) => desk.health.retries,
  },
  {
    name: 'runner_batch_seconds',
    help: 'How long the last batch took, engine and commit.',
    value: ({ desk }) => desk.health.lastTookMs / 1_000,
  },
  {
    name: 'runner_candles_stale',
    help: '1 while candles are stale.',
    value: ({ source }) => (source.health.state === 'live' ? 0 : 1),
  },
  {
    name: 'runner_candle_reads_total',
    help: 'Looks at the candle files.',
    value: ({ source }) => source.health.reads,
  },
  {
    name: 'runner_candle_retries_total',
    help: 'Looks that were tried again.',
    value: ({ source }) => source.health.retries,
  },
  {
    name: 'runner_candle_failures_total',
    help: 'Looks whose tries were used up.',
    value: ({ source }) => source.health.failures,
  },
  {
    name: 'runner_candle_read_seconds',
    help: 'How long the last look took.',
    value: ({ source }) => source.health.lastReadMs / 1_000,
  },
  {
    name: 'runner_feed_live',
    help: '1 while candles come from the feed.',
    value: ({ source }) => (source instanceof FeedSource && source.isLive ? 1 : 0),
  },
  {
    name: 'runner_signals_total',
    help: 'Signals of this run.',
    value: ({ latency }) => latency.figures().count,
  },
  {
    name: 'runner_signal_latency_p50_seconds',
    help: "From a candle's closing to its signal stored, median.",
    value: ({ latency }) => (latency.figures().p50 ?? 0) / 1_000,
  },
  {
    name: 'runner_signal_latency_p99_seconds',
    help: "From a candle's closing to its signal stored, 99th percentile.",
    value: ({ latency }) => (latency.figures().p99 ?? 0) / 1_000,
  },
  {
    name: 'runner_working_orders',
    help: 'Orders that wait at the paper venue.',
    value: ({ desk }) => desk.engine.workingOrders().length,
  },
  {
    name: 'runner_equity',
    help: "The account's equity.",
    value: ({ desk }) => Number(desk.engine.account().equity),
  },
  {
    name: 'runner_day_pnl',
    help: "The day's profit or loss.",
    value: ({ desk }) => Number(desk.engine.account().dayPnl),
  },
  {
    name: 'runner_killed',
    help: '1 while the kill switch is on.',
    value: ({ desk }) => (desk.engine.account().killed ? 1 : 0),
  },
  {
    name: 'runner_webhook_failed_total',
    help: 'Alerts that the webhook did not take.',
    value: ({ webhook }) => webhook?.counts.failed ?? 0,
  },
  {
    name: 'runner_backup_failures_total',
    help: 'Backups of the ledger that could not be made.',
    value: ({ backups }) => backups.health.failures,
  },
];

/** What the runner tells Prometheus, read from memory when it asks. */
export function registerMetrics(metrics: Metrics, state: RunnerState): void {
  metrics.gauge({
    name: 'runner_up',
    help: '1 while the runner runs, 0 while it starts or stops.',
    collect: (gauge) => gauge.set(state.parts === undefined ? 0 : 1),
  });
  for (const { name, help, value } of GAUGES) {
    metrics.gauge({
      name,
      help,
      collect: (gauge) => {
        if (state.parts !== undefined) gauge.set(value(state.parts));
      },
    });
  }
  metrics.gauge({
    name: 'runner_strategies',
    help: 'Strategies on instruments, by their status.',
    labels: ['status'],
    collect: (gauge) => {
      const states = state.parts?.desk.engine.strategies() ?? [];
      for (const status of ['warming', 'running', 'disabled', 'stopped'] as const)
        gauge.set(states.filter((each) => each.status === status).length, { status });
    },
  });
  registerSenderMetrics(metrics, () => state.parts?.signalFeed?.health);
  registerReceiverMetrics(metrics, () => {
    const source = state.parts?.source;
    return source instanceof FeedSource ? source.receiver : undefined;
  });
  registerDatabaseMetrics(metrics);
}
