import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@tickwright/config';
import { DatabaseCloseError, abandonDatabases, watchLocks } from '@tickwright/database';
import { startHttpServer } from '@tickwright/http';
import type { HttpServer } from '@tickwright/http';
import { Ledger, ledgerPath } from '@tickwright/ledger';
import { Supervisor, TickwrightError, acquireInstanceLock, createMetrics } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { openCandleQuery, readInstruments } from '@tickwright/store';
import { finishRestore } from '@tickwright/upkeep';
import { calendars } from '@tickwright/market';
import { openRunnerParts } from './open-parts.ts';
import { runnerRoutes } from './http/routes.ts';
import { plainPages } from './http/plain-pages.ts';
import { registerMetrics } from './http/runner-metrics.ts';
import { engineConfig, requireKnown } from './run-plan.ts';
import { RecentLog } from './recent-log.ts';
import { RunnerState } from './runner-state.ts';
import { runnerFolder } from './ledger-backups.ts';
import { runnerServices } from './runner-services.ts';
import { openSignalFeed } from './signal-feed.ts';
import { openStrategyLibrary } from './strategies/strategy-library.ts';

/** What runs in the engine is given so long to end before the process is ended under it. */
const ABANDON_MAX_MS = 300;

export type Abandon = (error: TickwrightError, state: { readonly isStuck: boolean }) => void;

export interface RunOptions {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** Ends the run in order. */
  readonly signal: AbortSignal;
  /** Ends the process, or its thread, at once, closing nothing. */
  readonly abandon: Abandon;
  /** Folder of the built pages; without it there is the API alone. */
  readonly pages?: string;
  /** Called when everything is up. */
  readonly onUp?: (addresses: { readonly runner: string }) => void;
}

/**
 * Runs strategies in paper mode until the signal is aborted. Errors: PlanError and StrategyFileError (exit 3),
 * InstanceLockedError and LedgerVersionError (4), PortTakenError (5).
 */
export async function run(options: RunOptions): Promise<void> {
  try {
    await work(options);
  } catch (error) {
    if (error instanceof DatabaseCloseError) await abandoned(options, error);
    throw error;
  }
}

async function abandoned({ log, abandon }: RunOptions, error: TickwrightError): Promise<void> {
  log.error({ err: error }, error.message);
  abandon(error, { isStuck: !(await abandonDatabases(ABANDON_MAX_MS)) });
}

async function work(options: RunOptions): Promise<void> {
  const { config, clock, version } = options;
  const library = await openStrategyLibrary(config);
  const described = await readInstruments(config.dataDir);
  requireKnown(config, described);
  const plan = engineConfig({ config, library, described });
  const instance = randomUUID();
  await using lock = await acquireInstanceLock(runnerFolder(config.dataDir), {
    instanceId: instance,
    announce: 'later',
  });
  const log = new RecentLog(options.log, { name: 'runner', nowMs: () => clock.nowMicros() / 1_000 });
  const { mode } = config.runner;
  const staleAfterMs = config.alerts.staleAfterMs;
  const state = new RunnerState({ clock, instance, version, mode, staleAfterMs });
  const token = randomBytes(24).toString('base64url');
  await using http = await serve(options, state, token);
  await finishRestore(config.dataDir, log, runnerFolder(config.dataDir));
  await using _locks = watchLocks({ clock, log, onLost: options.abandon });
  await using ledger = await Ledger.open({
    path: ledgerPath(config.dataDir),
    limits: config.runner.ledger,
    onTaken: (error) => void abandoned(options, error),
    log,
    clock,
  });
  await lock.publish({ addresses: { http: http.url }, token });
  // Tries are the source's: it counts and tells them.
  const retryNever = <T>(ask: () => Promise<T>): Promise<T> => ask();
  await using query = await openCandleQuery({
    dataDir: config.dataDir,
    log,
    clock,
    calendars,
    retry: retryNever,
  });
  // Before anything is consumed: a taken port ends the run before it has begun.
  await using signalFeed = await openSignalFeed(config.runner.signals, {
    plan,
    instruments: () => state.parts?.instruments() ?? [],
    lastSeq: () => ledger.lastSeq,
    version,
    clock,
    log,
  });
  const opening = { ...options, log, plan, library, ledger, query, instance, signalFeed };
  await using parts = await openRunnerParts(opening);
  const supervisor = new Supervisor({ clock, log, services: runnerServices(config, parts, clock) });
  state.attach(parts, supervisor);
  await supervisor.run(options.signal, () => options.onUp?.({ runner: http.url }));
  state.stopping();
}

async function serve(options: RunOptions, state: RunnerState, token: string): Promise<HttpServer> {
  const { config, log, version, pages } = options;
  const metrics = createMetrics();
  registerMetrics(metrics, state);
  const isBuilt = pages !== undefined && existsSync(join(pages, 'scanner.html'));
  const isKnown = (page: string, rest: string): boolean =>
    page !== 'instrument' || (state.parts?.instruments() ?? []).some(({ key }) => key === rest);
  return await startHttpServer({
    title: 'tickwright runner',
    version,
    host: config.runner.http.host,
    port: config.runner.http.port,
    token,
    log,
    routes: [...runnerRoutes(state), ...(isBuilt ? [] : plainPages(state))],
    metrics: () => metrics.text(),
    health: () => state.health(),
    ready: () => state.readiness(),
    ...(pages !== undefined && isBuilt && { pages: { folder: pages, home: '/scanner', isKnown } }),
  });
}
