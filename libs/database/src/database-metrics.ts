import type { Metrics } from '@tickwright/runtime';
import { lockConflicts } from './lock-conflicts.ts';
import type { DatabaseStats } from './database.ts';
import { openDatabases } from './open-files.ts';

interface DatabaseGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (stats: DatabaseStats) => number;
}

const GAUGES: readonly DatabaseGauge[] = [
  {
    name: 'database_write_queue_depth',
    help: 'Writes that wait or run.',
    value: (stats) => stats.queueDepth,
  },
  {
    name: 'database_write_wait_seconds',
    help: 'How long the last write waited for its turn.',
    value: (stats) => stats.queueWaitMs.last / 1_000,
  },
  {
    name: 'database_write_wait_max_seconds',
    help: 'The longest that a write has waited for its turn.',
    value: (stats) => stats.queueWaitMs.max / 1_000,
  },
  {
    name: 'database_commits_total',
    help: 'Transactions committed.',
    value: (stats) => stats.commits,
  },
  {
    name: 'database_commit_seconds',
    help: 'How long the last transaction took.',
    value: (stats) => stats.commitMs.last / 1_000,
  },
  {
    name: 'database_commit_max_seconds',
    help: 'The longest that a transaction has taken.',
    value: (stats) => stats.commitMs.max / 1_000,
  },
  {
    name: 'database_reads_in_flight',
    help: 'Reads that have a connection.',
    value: (stats) => stats.readsInFlight,
  },
  {
    name: 'database_reads_waiting',
    help: 'Reads that wait for a connection.',
    value: (stats) => stats.readsWaiting,
  },
  {
    name: 'database_wal_bytes',
    help: 'Size of the write-ahead log, as of a second before the last write at most.',
    value: (stats) => stats.wal.bytes,
  },
  {
    name: 'database_wal_over_limit',
    help: '1 while the write-ahead log is over its limit: alert on it.',
    value: (stats) => (stats.wal.isOverLimit ? 1 : 0),
  },
  {
    name: 'database_forced_checkpoints_total',
    help: 'Checkpoints asked for because the write-ahead log was over its limit.',
    value: (stats) => stats.wal.forcedCheckpoints,
  },
];

/** Registers a gauge of each kind for every database that is open when the metrics are asked for, by its owner's name. */
export function registerDatabaseMetrics(metrics: Metrics): void {
  for (const { name, help, value } of GAUGES) {
    metrics.gauge({
      name,
      help,
      labels: ['database'],
      collect: (gauge) => {
        for (const { owner, stats } of openDatabases()) gauge.set(value(stats), { database: owner });
      },
    });
  }
  metrics.gauge({
    name: 'database_lock_conflicts_total',
    help: 'Times a database file was held by another process when it was wanted.',
    collect: (gauge) => gauge.set(lockConflicts()),
  });
}

/** Why the databases of this process are not well, one line each. */
export function databaseReasons(): string[] {
  return openDatabases()
    .filter(({ stats }) => stats.wal.isOverLimit)
    .map(({ owner, stats }) => {
      const { bytes, limitBytes } = stats.wal;
      return `${owner}: its write-ahead log has ${megabytes(bytes)} MB, more than ${megabytes(limitBytes)}; checkpoints do not go through`;
    });
}

function megabytes(bytes: number): number {
  return Math.round(bytes / (1024 * 1024));
}
