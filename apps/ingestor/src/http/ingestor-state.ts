import { monitorEventLoopDelay } from 'node:perf_hooks';
import { databaseReasons } from '@tickwright/database';
import type { Clock, Supervisor } from '@tickwright/runtime';
import type { Backups, Retention } from '@tickwright/upkeep';
import type { SubscriptionState } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { unknownDays } from '../instrument-calendars.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import type { Jobs } from '../jobs/jobs.ts';
import type { Recovery } from '../recovery/recovery.ts';
import type { VenueHistories } from '../recovery/venue-histories.ts';
import type { FeedService } from '../feed/feed-service.ts';
import type { SourceStream } from '../intake/source-stream.ts';
import type { LiveSubscriptions } from '../subscriptions/live-subscriptions.ts';

/** Ages beyond which the verdict is no longer good. */
const MAX_FLUSH_AGE_MS = 30_000;
const MAX_SYNC_AGE_MS = 10_000;
const MAX_PUBLISH_AGE_MS = 60_000;
/** Days, today alone. */
const TODAY = 1;

interface Running {
  readonly core: Core;
  readonly streams: readonly SourceStream[];
  readonly disk: DiskWatch;
  readonly retention: Pick<Retention, 'uses'>;
  readonly supervisor: Supervisor;
  readonly backups: Backups;
  readonly jobs: Jobs;
  /** None where it is switched off. */
  readonly recovery?: Recovery | undefined;
  readonly histories?: Pick<VenueHistories, 'of'>;
  /** Undefined where none is configured. */
  readonly feed?: FeedService | undefined;
  readonly subscriptions?: LiveSubscriptions;
}

export interface HealthReport {
  readonly ok: boolean;
  readonly phase: 'starting' | 'running' | 'stopping';
  readonly reasons: readonly string[];
  readonly instance: string;
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: number;
  /** Milliseconds since each; null when it has not happened in this run. */
  readonly ages: {
    readonly lastFrame: number | null;
    readonly lastDurableSync: number | null;
    readonly lastFlush: number | null;
    readonly lastPublish: number | null;
  };
  readonly eventLoopLagMs: number;
}

/** What the ingestor knows of itself, read from memory only: a busy disk cannot delay the answer. */
export class IngestorState {
  readonly clock: Clock;
  readonly instance: string;
  readonly version: string;
  readonly #startedMs: number;
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });
  #running: Running | undefined;
  #attachedMs = 0;
  #phase: HealthReport['phase'] = 'starting';

  constructor(options: { clock: Clock; instance: string; version: string }) {
    this.clock = options.clock;
    this.instance = options.instance;
    this.version = options.version;
    this.#startedMs = options.clock.monotonicMs();
    this.#loopDelay.enable();
  }

  attach(running: Running): void {
    this.#running = running;
    this.#attachedMs = this.clock.monotonicMs();
    this.#phase = 'running';
  }

  stopping(): void {
    this.#phase = 'stopping';
    this.#running = undefined;
    this.#loopDelay.disable();
  }

  /** The running parts; undefined while starting and stopping. */
  get running(): Running | undefined {
    return this.#running;
  }

  health(): HealthReport {
    const reasons = this.#storageReasons();
    const core = this.#running?.core;
    return {
      ok: reasons.length === 0,
      phase: this.#phase,
      reasons,
      instance: this.instance,
      version: this.version,
      pid: process.pid,
      uptimeMs: Math.round(this.clock.monotonicMs() - this.#startedMs),
      ages: {
        lastFrame: this.#ageMs(this.#lastFrameMs()),
        lastDurableSync: this.#ageMs(core?.journal.health.lastSyncMs),
        lastFlush: this.#ageMs(core?.flusher.health.lastFlushMs),
        lastPublish: this.#ageMs(core?.aggregator.health.lastPublishMs),
      },
      eventLoopLagMs: Math.round(this.#loopDelay.percentile(99) / 1e4) / 100,
    };
  }

  /** Whether the job is being done: data flow from every source and are stored and published. */
  readiness(): { ready: boolean; reasons: string[] } {
    const reasons = [
      ...this.#phaseReasons(),
      ...this.#storageReasons(),
      ...this.#streamReasons(),
      ...this.#calendarReasons(),
    ];
    return { ready: reasons.length === 0, reasons };
  }

  subscriptions(): SubscriptionState[] {
    return (this.#running?.streams ?? []).flatMap(({ stream }) => stream.states());
  }

  #phaseReasons(): string[] {
    return this.#phase === 'running' ? [] : [`the ingestor is ${this.#phase}`];
  }

  #storageReasons(): string[] {
    const core = this.#running?.core;
    if (core === undefined) return [];
    const { journal, flusher, aggregator } = core;
    const reasons: string[] = [];
    const { reason } = this.#running?.disk.health ?? {};
    if (reason !== undefined) reasons.push(reason);
    if (journal.health.state !== 'ok')
      reasons.push('the journal cannot write; it keeps frames in memory and tries again');
    if (
      journal.nextOffset > journal.durableOffset &&
      older(this.#ageMs(journal.health.lastSyncMs), MAX_SYNC_AGE_MS)
    ) {
      reasons.push('frames wait for the disk');
    }
    reasons.push(...databaseReasons());
    if (flusher.health.state === 'journal-only') {
      const why = flusher.health.lastError;
      reasons.push(`the tick file takes no ticks: journal only${why === undefined ? '' : ` (${why})`}`);
    }
    // What was never done is as old as the run.
    const lastFlush = flusher.health.lastFlushMs ?? this.#attachedMs;
    const lastPublish = aggregator.health.lastPublishMs ?? this.#attachedMs;
    if (older(this.#ageMs(lastFlush), MAX_FLUSH_AGE_MS)) reasons.push('no flush lately');
    if (older(this.#ageMs(lastPublish), MAX_PUBLISH_AGE_MS)) {
      reasons.push('no candles published lately');
    }
    return reasons;
  }

  #streamReasons(): string[] {
    const reasons: string[] = [];
    for (const { venue, stream } of this.#running?.streams ?? []) {
      const { connections, access } = stream;
      // All of it was unsubscribed while running: there is nothing to connect for.
      if (connections.every(({ instruments }) => instruments === 0)) continue;
      if (!connections.some((connection) => connection.state === 'open')) {
        const why = connections.find((connection) => connection.reason !== undefined)?.reason;
        reasons.push(`${venue.name}: not connected${why === undefined ? '' : `: ${why}`}`);
      } else if (access !== undefined && access.reason !== '')
        reasons.push(`${venue.name}: ${access.reason}`);
    }
    const states = this.subscriptions();
    for (const state of ['requested', 'stale', 'refused'] as const) {
      const keys = states.filter((each) => each.state === state).map((each) => each.instrument);
      if (keys.length > 0) reasons.push(`${state}: ${named(keys)}`);
    }
    return reasons;
  }

  /** What comes today makes no candles where nobody knows when the venue trades. */
  #calendarReasons(): string[] {
    const core = this.#running?.core;
    if (core === undefined) return [];
    return unknownDays(core, this.clock.nowMicros(), TODAY).map(({ found, toDo }) => `${found}; ${toDo}`);
  }

  #lastFrameMs(): number | undefined {
    const times = (this.#running?.streams ?? []).map(({ sink }) => sink.lastFrameMs);
    const known = times.filter((ms) => ms !== undefined);
    return known.length === 0 ? undefined : Math.max(...known);
  }

  /** By the monotonic clock: a step of the other one backwards would hide for as long that something is stuck. */
  #ageMs(sinceMs: number | undefined): number | null {
    return sinceMs === undefined ? null : Math.round(this.clock.monotonicMs() - sinceMs);
  }
}

function older(ageMs: number | null, limitMs: number): boolean {
  return ageMs !== null && ageMs > limitMs;
}

function named(keys: readonly string[]): string {
  return keys.length <= 5 ? keys.join(', ') : `${keys.slice(0, 5).join(', ')} and ${keys.length - 5} more`;
}
