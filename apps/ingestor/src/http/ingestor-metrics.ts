import { registerDatabaseMetrics } from '@tickwright/database';
import { daysKnown } from '@tickwright/market';
import type { Metrics } from '@tickwright/runtime';
import type { Backups } from '@tickwright/upkeep';
import type { Core } from '../core.ts';
import type { DiskHealth } from '../disk/disk-watch.ts';
import { calendarsOf } from '../instrument-calendars.ts';
import type { IngestorState } from './ingestor-state.ts';

interface CoreGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (core: Core) => number;
}

/** Figures of the core, each read from memory when the metrics are asked for. */
const CORE_GAUGES: readonly CoreGauge[] = [
  {
    name: 'journal_next_offset',
    help: 'Frames journaled since the journal began.',
    value: (core) => core.journal.nextOffset,
  },
  {
    name: 'journal_durable_offset',
    help: 'Frames that are on disk.',
    value: (core) => core.journal.durableOffset,
  },
  {
    name: 'journal_pending_bytes',
    help: 'Bytes that wait for the disk.',
    value: (core) => core.journal.pendingBytes,
  },
  {
    name: 'journal_failing',
    help: '1 while the journal cannot write.',
    value: (core) => (core.journal.health.state === 'ok' ? 0 : 1),
  },
  {
    name: 'tick_buffer_rows',
    help: 'Ticks that wait for the next flush.',
    value: (core) => core.pipeline.buffer.rows,
  },
  {
    name: 'tick_file_applied_offset',
    help: 'Offset up to which ticks are stored.',
    value: (core) => core.tickFile.appliedOffset,
  },
  { name: 'flushes_total', help: 'Flushes to the tick file.', value: (core) => core.flusher.health.flushes },
  {
    name: 'flush_retries_total',
    help: 'Tries of a flush that failed.',
    value: (core) => core.flusher.health.retries,
  },
  {
    name: 'flush_failures_total',
    help: 'Flushes whose tries were used up.',
    value: (core) => core.flusher.health.failures,
  },
  {
    name: 'flush_duration_seconds',
    help: 'How long the last flush took.',
    value: (core) => core.flusher.health.lastDurationMs / 1_000,
  },
  {
    name: 'journal_only',
    help: '1 while the tick file takes no ticks.',
    value: (core) => (core.flusher.health.state === 'ok' ? 0 : 1),
  },
  {
    name: 'publish_cycles_total',
    help: 'Cycles in which candles were published.',
    value: (core) => core.aggregator.health.cycles,
  },
  {
    name: 'publish_missed_cycles_total',
    help: 'Cycles that a longer one covered.',
    value: (core) => core.aggregator.loop.missed,
  },
  {
    name: 'publish_failures_total',
    help: 'Cycles that failed.',
    value: (core) => core.aggregator.health.failures,
  },
  {
    name: 'publish_retries_total',
    help: 'Tries of a publication that failed.',
    value: (core) => core.aggregator.health.retries,
  },
  {
    name: 'publish_duration_seconds',
    help: 'How long the last cycle took.',
    value: (core) => core.aggregator.health.lastDurationMs / 1_000,
  },
  {
    name: 'ticks_accepted_total',
    help: 'Ticks accepted.',
    value: (core) => core.pipeline.deduplicator.counts.accepted,
  },
  {
    name: 'ticks_duplicate_total',
    help: 'Ticks that had been seen before.',
    value: (core) => core.pipeline.deduplicator.counts.duplicates,
  },
  {
    name: 'ticks_late_total',
    help: 'Ticks that came after their candle had closed.',
    value: (core) => core.pipeline.candles.counts.late,
  },
  {
    name: 'candle_revisions_total',
    help: 'Changes to closed candles.',
    value: (core) => core.pipeline.candles.counts.revisions,
  },
  {
    name: 'ticks_outside_session_total',
    help: 'Ticks outside their session.',
    value: (core) => core.pipeline.candles.counts.outsideSession,
  },
  { name: 'gaps_open', help: 'Gaps that are not filled.', value: (core) => core.pipeline.gaps.open().length },
];

const DISK_GAUGES: readonly { name: string; help: string; value: (health: DiskHealth) => number }[] = [
  {
    name: 'disk_free_bytes',
    help: 'Free space of the volume of the data directory.',
    value: (health) => health.freeBytes,
  },
  {
    name: 'disk_reserve_bytes',
    help: 'With less free than this the streams pause.',
    value: (health) => health.reserveBytes,
  },
  {
    name: 'disk_paused',
    help: '1 while the streams are paused for the disk.',
    value: (health) => (health.state === 'ok' ? 0 : 1),
  },
  {
    name: 'disk_pauses_total',
    help: 'Times the streams were paused for the disk.',
    value: (health) => health.pauses,
  },
];

interface BackupGauge {
  readonly name: string;
  readonly help: string;
  readonly value: (backups: Backups) => number | null;
}

const BACKUP_GAUGES: readonly BackupGauge[] = [
  {
    name: 'backup_age_seconds',
    help: 'Since the newest backup was taken; absent while there is none.',
    value: (backups) => divided(backups.ageMs(), 1_000),
  },
  {
    name: 'backup_duration_seconds',
    help: 'How long the newest backup took.',
    value: ({ health }) => health.lastDurationMs / 1_000,
  },
  { name: 'backup_bytes', help: 'Size of the newest backup.', value: ({ health }) => health.lastBytes },
  { name: 'backups_made_total', help: 'Backups made in this run.', value: ({ health }) => health.made },
  {
    name: 'backup_failures_total',
    help: 'Backups that could not be made.',
    value: ({ health }) => health.failures,
  },
  {
    name: 'backup_command_failures_total',
    help: 'Backups that the configured command did not copy.',
    value: ({ health }) => health.commandFailures,
  },
];

/** Registers the ingestor's metrics; they read the state when they are asked for. */
export function registerMetrics(metrics: Metrics, state: IngestorState): void {
  for (const { name, help, value } of CORE_GAUGES) {
    metrics.gauge({
      name,
      help,
      collect: (gauge) => {
        const core = state.running?.core;
        if (core !== undefined) gauge.set(value(core));
      },
    });
  }
  registerDatabaseMetrics(metrics);
  for (const { name, help, value } of DISK_GAUGES) {
    metrics.gauge({
      name,
      help,
      collect: (gauge) => {
        const disk = state.running?.disk;
        if (disk !== undefined) gauge.set(value(disk.health));
      },
    });
  }
  for (const { name, help, value } of BACKUP_GAUGES) {
    metrics.gauge({
      name,
      help,
      collect: (gauge) => {
        const backups = state.running?.backups;
        const found = backups === undefined ? null : value(backups);
        if (found !== null) gauge.set(found);
      },
    });
  }
  registerStreamMetrics(metrics, state);
  metrics.gauge({
    name: 'calendar_days_known',
    help: 'Days after today that a calendar of sessions knows; below 0 its ticks make no candles.',
    labels: ['calendar'],
    collect: (gauge) => {
      const core = state.running?.core;
      for (const calendar of core === undefined ? [] : calendarsOf(core)) {
        const days = daysKnown(calendar, state.clock.nowMicros());
        if (days !== undefined) gauge.set(days, { calendar: calendar.name });
      }
    },
  });
  metrics.gauge({
    name: 'frames_rejected_total',
    help: 'Frames and rows that were rejected, by reason.',
    labels: ['venue', 'reason'],
    collect: (gauge) => {
      for (const [venue, decoder] of state.running?.core.pipeline.fold.decoders() ?? []) {
        for (const [reason, count] of Object.entries(decoder.counts.rejected))
          gauge.set(count, { venue, reason });
      }
    },
  });
}

function divided(value: number | null, by: number): number | null {
  return value === null ? null : value / by;
}

function registerStreamMetrics(metrics: Metrics, state: IngestorState): void {
  metrics.gauge({
    name: 'stream_reconnects_total',
    help: 'Lost connections, by reason.',
    labels: ['venue', 'reason'],
    collect: (gauge) => {
      for (const { venue, stream } of state.running?.streams ?? []) {
        for (const [reason, count] of Object.entries(stream.counts.reconnects)) {
          gauge.set(count, { venue: venue.name, reason });
        }
      }
    },
  });
  metrics.gauge({
    name: 'stream_messages_total',
    help: 'WebSocket messages received.',
    labels: ['venue'],
    collect: (gauge) => {
      for (const { venue, sink } of state.running?.streams ?? [])
        gauge.set(sink.counts.messages, { venue: venue.name });
    },
  });
  metrics.gauge({
    name: 'stream_handovers_total',
    help: 'Connections replaced by a new one before they ended.',
    labels: ['venue'],
    collect: (gauge) => {
      for (const { venue, stream } of state.running?.streams ?? [])
        gauge.set(stream.counts.handovers, { venue: venue.name });
    },
  });
  metrics.gauge({
    name: 'subscriptions',
    help: 'Instruments by the state of their subscription.',
    labels: ['venue', 'state'],
    collect: (gauge) => {
      for (const { venue, stream } of state.running?.streams ?? []) {
        const counts = new Map<string, number>();
        for (const each of stream.states()) counts.set(each.state, (counts.get(each.state) ?? 0) + 1);
        for (const [name, count] of counts) gauge.set(count, { venue: venue.name, state: name });
      }
    },
  });
}
