import { monitorEventLoopDelay } from 'node:perf_hooks';
import { addedCalendarDays, calendars } from '@tickwright/market';
import { databaseReasons } from '@tickwright/database';
import type { Clock, Supervisor } from '@tickwright/runtime';
import { FeedSource } from './candle-source/feed-source.ts';
import { dataState } from './data-state.ts';
import type { DataState } from './data-state.ts';
import type { RunnerParts } from './runner-parts.ts';

/** Ages beyond which the verdict is no longer good. The engine is fed a clock event a second. */
const MAX_STORED_AGE_MS = 15_000;

export interface RunnerHealth {
  readonly ok: boolean;
  readonly phase: 'starting' | 'running' | 'stopping';
  readonly reasons: readonly string[];
  readonly instance: string;
  readonly version: string;
  readonly mode: string;
  readonly pid: number;
  readonly uptimeMs: number;
  /** Milliseconds since each; null when it has not happened in this run. */
  readonly ages: {
    readonly lastEvent: number | null;
    readonly lastPublish: number | null;
    readonly lastSignal: number | null;
  };
  readonly eventLoopLagMs: number;
  readonly rssBytes: number;
}

/** The head of every page: how things stand, from memory. */
export type Overview = Readonly<Record<string, unknown>>;

/** What the runner knows of itself, read from memory only. */
export class RunnerState {
  readonly clock: Clock;
  readonly instance: string;
  readonly version: string;
  readonly mode: string;
  readonly #startedMs: number;
  readonly #startedMicros: number;
  readonly #loopDelay = monitorEventLoopDelay({ resolution: 10 });
  readonly #staleAfterMs: number;
  #parts: RunnerParts | undefined;
  #supervisor: Supervisor | undefined;
  #phase: RunnerHealth['phase'] = 'starting';
  #cpu = { atMs: 0, spentMs: 0 };

  constructor(options: {
    clock: Clock;
    instance: string;
    version: string;
    mode: string;
    staleAfterMs: number;
  }) {
    this.clock = options.clock;
    this.instance = options.instance;
    this.version = options.version;
    this.mode = options.mode;
    this.#staleAfterMs = options.staleAfterMs;
    this.#startedMs = options.clock.monotonicMs();
    this.#startedMicros = options.clock.nowMicros();
    this.#loopDelay.enable();
  }

  attach(parts: RunnerParts, supervisor: Supervisor): void {
    this.#parts = parts;
    this.#supervisor = supervisor;
    this.#phase = 'running';
  }

  stopping(): void {
    this.#phase = 'stopping';
    this.#parts = undefined;
    this.#loopDelay.disable();
  }

  /** The running parts; undefined while starting and stopping. */
  get parts(): RunnerParts | undefined {
    return this.#parts;
  }

  get supervisor(): Supervisor | undefined {
    return this.#supervisor;
  }

  /** Of one processor, since the last time it was asked. */
  cpuPercent(): number {
    const nowMs = this.clock.monotonicMs();
    const { user, system } = process.cpuUsage();
    const spentMs = (user + system) / 1_000;
    const passedMs = Math.max(1, nowMs - this.#cpu.atMs);
    const percent = Math.round((1_000 * (spentMs - this.#cpu.spentMs)) / passedMs) / 10;
    this.#cpu = { atMs: nowMs, spentMs };
    return percent;
  }

  health(): RunnerHealth {
    const parts = this.#parts;
    const reasons = this.#workReasons();
    return {
      ok: reasons.length === 0,
      phase: this.#phase,
      reasons,
      instance: this.instance,
      version: this.version,
      mode: this.mode,
      pid: process.pid,
      uptimeMs: Math.round(this.clock.monotonicMs() - this.#startedMs),
      ages: {
        lastEvent: this.#ageMs(parts?.desk.health.lastStoredMs),
        lastPublish: this.#publishAgeMs(),
        lastSignal: this.#ageMs(parts?.lastSignalMs()),
      },
      eventLoopLagMs: Math.round(this.#loopDelay.percentile(99) / 1e4) / 100,
      rssBytes: process.memoryUsage.rss(),
    };
  }

  /** Whether the job is being done: candles come, are stored with what follows from them, and all strategies work. */
  readiness(): { ready: boolean; reasons: string[] } {
    const parts = this.#parts;
    const reasons = this.#phase === 'running' ? [] : [`the runner is ${this.#phase}`];
    reasons.push(...this.#workReasons());
    if (parts !== undefined) {
      const { state, reason } = parts.source.health;
      if (state === 'stale') reasons.push(`candles are stale: ${reason}`);
      else if (state === 'warming') reasons.push('no candles were read yet');
      const refused = parts.source instanceof FeedSource ? parts.source.refused : undefined;
      if (refused !== undefined) reasons.push(refused);
      for (const { strategy, instrument, status, reason: why } of parts.desk.engine.strategies())
        if (status === 'stopped') reasons.push(`${strategy} on ${instrument} is stopped: ${why}`);
    }
    return { ready: reasons.length === 0, reasons };
  }

  overview(): Overview {
    const parts = this.#parts;
    const health = this.health();
    const account = parts?.desk.engine.account();
    const source = parts?.source.health;
    return {
      time: this.#iso(this.clock.nowMicros()),
      mode: this.mode,
      instance: this.instance,
      version: this.version,
      uptimeMs: health.uptimeMs,
      startedAt: this.#iso(this.#startedMicros),
      phase: this.#phase,
      killed: account?.killed ?? false,
      killReason: account?.killReason ?? null,
      candles: {
        source: source?.origin ?? 'files',
        state: source?.state === 'live' ? 'live' : source === undefined ? 'down' : 'stale',
        reason: source?.reason ?? 'the runner is starting',
      },
      data: this.#data(),
      ingestor: parts?.link.view ?? null,
      calendarDays: addedCalendarDays(),
      calendars: parts === undefined ? [] : [...new Set(parts.instruments().map(({ calendar }) => calendar))],
    };
  }

  #data(): DataState & { lastTickTs: string | null } {
    const parts = this.#parts;
    const view = parts?.link.view;
    const nowMicros = this.clock.nowMicros();
    const ageMs = lastFrameAge(view?.health);
    const names = new Set((parts?.instruments() ?? []).map(({ calendar }) => calendar));
    const known = [...names].map(calendars);
    return {
      ...dataState({ view, calendars: known, nowMicros, ageMs, staleAfterMs: this.#staleAfterMs }),
      lastTickTs: ageMs === null ? null : this.#iso(nowMicros - ageMs * 1_000),
    };
  }

  #workReasons(): string[] {
    const parts = this.#parts;
    if (parts === undefined) return [];
    const { health } = parts.desk;
    const reasons = databaseReasons();
    if (health.state !== 'ok')
      reasons.push(`the ledger takes nothing, trading waits: ${health.lastError ?? 'no reason known'}`);
    const age = this.#ageMs(health.lastStoredMs);
    if (age !== null && age > MAX_STORED_AGE_MS) reasons.push('no event was stored lately');
    return reasons;
  }

  #publishAgeMs(): number | null {
    const publishedMs = this.#parts?.source.health.publishedMs;
    return publishedMs === undefined
      ? null
      : Math.max(0, Math.round(this.clock.nowMicros() / 1_000 - publishedMs));
  }

  #ageMs(sinceMs: number | undefined): number | null {
    return sinceMs === undefined ? null : Math.round(this.clock.monotonicMs() - sinceMs);
  }

  #iso(micros: number): string {
    return new Date(micros / 1_000).toISOString();
  }
}

function lastFrameAge(health: Readonly<Record<string, unknown>> | undefined): number | null {
  const ages = health?.['ages'];
  if (typeof ages !== 'object' || ages === null || !('lastFrame' in ages)) return null;
  return typeof ages.lastFrame === 'number' ? ages.lastFrame : null;
}
