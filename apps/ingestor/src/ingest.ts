import { randomBytes, randomUUID } from 'node:crypto';
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { instrumentKey } from '@tickwright/market';
import type { Instrument } from '@tickwright/market';
import { changedSources, readSubscriptionChanges, secretsFileOf, StoredToken } from '@tickwright/config';
import type { Config, SourceConfig, VenueChanges } from '@tickwright/config';
import { DatabaseCloseError, abandonDatabases, openDatabases, watchLocks } from '@tickwright/database';
import { registerSenderMetrics } from '@tickwright/feed';
import { startHttpServer } from '@tickwright/http';
import type { HttpServer } from '@tickwright/http';
import {
  Supervisor,
  TickwrightError,
  acquireInstanceLock,
  createMetrics,
  sampledLog,
} from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { Retention, backupService } from '@tickwright/upkeep';
import { catalogue } from '@tickwright/venues';
import type { Venue } from '@tickwright/venues';
import { ingestorBackups } from './backups.ts';
import type { Core, CoreOptions } from './core.ts';
import { DayWork } from './day-work.ts';
import { diskSpace } from './disk/disk-space.ts';
import { DiskWatch } from './disk/disk-watch.ts';
import { EndOfDay } from './end-of-day/end-of-day.ts';
import { configuredFeed } from './feed/feed-service.ts';
import { warnOfUnknownDays } from './instrument-calendars.ts';
import { IngestorState } from './http/ingestor-state.ts';
import { retentionLimits } from './retention-limits.ts';
import { registerMetrics } from './http/ingestor-metrics.ts';
import { ingestorRoutes } from './http/routes.ts';
import { Jobs } from './jobs/jobs.ts';
import { configuredRecovery } from './recovery/configured-recovery.ts';
import type { RecoveryReport } from './recovery/recovery.ts';
import { VenueHistories } from './recovery/venue-histories.ts';
import { hasEndedCleanly, openRepairedCore } from './repair/repaired-core.ts';
import { isAnySessionOpen, storageServices } from './storage-services.ts';
import { sourceStream } from './intake/source-stream.ts';
import type { SourceStream } from './intake/source-stream.ts';
import { LiveSubscriptions } from './subscriptions/live-subscriptions.ts';
import type { RunningSource } from './subscriptions/live-subscriptions.ts';

/** Venues that take nobody without a token. */
const VENUES_WITH_TOKENS: ReadonlySet<string> = new Set(['upstox']);

/** What runs in the engine is given so long to end before the process is ended under it. */
const ABANDON_MAX_MS = 300;

/** `isStuck`: a call into the engine does not return, which `process.exit` would wait for. */
export type Abandon = (error: TickwrightError, state: { readonly isStuck: boolean }) => void;

export interface IngestOptions {
  readonly config: Config;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  /** For secrets: venues' tokens. Default none. */
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Ends the run in order: streams first, then everything is stored. */
  readonly signal: AbortSignal;
  /** Ends the process at once, closing nothing: called when going on, or closing, could do harm to stored data. */
  readonly abandon: Abandon;
  /** Called when everything is up. */
  readonly onUp?: (addresses: { readonly http: string }) => void;
  /** Called about twice a second while what was missed is fetched, and once when nothing is left to be done. */
  readonly onRecovery?: (report: RecoveryReport) => void;
}

/**
 * Runs the ingestor until the signal is aborted. Errors: InstanceLockedError (exit 4), PortTakenError (5),
 * VenueUnknownError and the like (3).
 */
export async function ingest(options: IngestOptions): Promise<void> {
  try {
    await run(options);
  } catch (error) {
    if (error instanceof DatabaseCloseError) await abandoned(options, error);
    throw error;
  }
}

async function abandoned({ log, abandon }: IngestOptions, error: TickwrightError): Promise<void> {
  log.error({ err: error }, error.message);
  abandon(error, { isStuck: !(await abandonDatabases(ABANDON_MAX_MS)) });
}

async function run(options: IngestOptions): Promise<void> {
  const { config } = options;
  const changes = await readSubscriptionChanges(config.dataDir);
  const sources = changedSources(config.sources, changes).map((source) => ({
    source: addressed(source, config),
    ...describe(source),
  }));
  const directory = join(config.dataDir, 'ingestor');
  await mkdir(directory, { recursive: true });
  const instance = randomUUID();
  const endedCleanly = hasEndedCleanly(directory);
  await using lock = await acquireInstanceLock(directory, { instanceId: instance, announce: 'later' });
  const state = new IngestorState({ clock: options.clock, instance, version: options.version });
  const token = randomBytes(24).toString('base64url');
  await using http = await serve(options, state, token);
  // Before the first file is opened and until the last is closed.
  await using _locks = watchLocks({ clock: options.clock, log: options.log, onLost: options.abandon });
  await using core = await openRepairedCore({
    ...coreOptions(options, instance),
    endedCleanly,
    // Not before: an instance of another container, which sees the state file's lock alone, may serve another address.
    onOwned: () => lock.publish({ addresses: { http: http.url }, token }),
  });
  const epochOffset = core.journal.nextOffset;
  await core.begin();
  await using jobs = await Jobs.open({ ...options, database: core.stateDatabase });
  const tokens = tokensOf(options);
  const streams = sources.map(({ source, venue, instruments }) => {
    core.register(instruments);
    const { clock, log } = options;
    return sourceStream({ core, venue, source, instruments, tokens: tokens.get(venue.name), clock, log });
  });
  warnOfUnknownDays(core, options.clock.nowMicros(), options.log);
  const disk = diskWatch(options, { core, streams });
  const running = sources.map(({ source }, at) => ({ source, running: streams[at] }));
  const histories = new VenueHistories({ ...options, core, sources: running });
  const recovery = configuredRecovery(options, { core, jobs, histories, disk });
  const subscriptions = liveSubscriptions(options, { core, sources: running, histories, changes });
  // Before anything is connected: a full disk must not be found by filling it.
  await disk.round();
  const { dataDir } = config;
  const limits = retentionLimits(config);
  const { clock, log } = options;
  const retention = new Retention({ dataDir, limits, tickFile: core.tickFile, clock, log });
  const days = new DayWork({ core, retention, clock, log });
  await using backups = ingestorBackups({ ...options, core, instance });
  await backups.begin();
  const { version } = options;
  const feed = configuredFeed(config, { core, instance, version, epochOffset, clock, log });
  const makesBackups = config.backups.everyMinutes > 0;
  const endOfDay = new EndOfDay({ core, jobs, histories, days, backups, makesBackups, clock, log });
  const supervisor = new Supervisor({
    clock: options.clock,
    log: options.log,
    services: [
      ...storageServices(options, { core, disk, days }),
      backupService({
        backups,
        clock,
        everyMinutes: config.backups.everyMinutes,
        isSessionOpen: () => isAnySessionOpen(core, clock),
        // The end of day's.
        closing: 'elsewhere',
      }),
      ...jobs.services(),
      ...endOfDay.services(),
      ...(recovery === undefined ? [] : [recovery.service()]),
      ...(feed === undefined ? [] : [feed]),
      ...streams.map((each) => each.service),
    ],
  });
  state.attach({
    core,
    streams,
    disk,
    retention,
    supervisor,
    backups,
    jobs,
    recovery,
    feed,
    subscriptions,
    histories,
  });
  // What others ask for must not hold up what is to be stored within the time that a stop has.
  options.signal.addEventListener('abort', cancelReads, { once: true });
  await supervisor.run(options.signal, () => options.onUp?.({ http: http.url }));
  state.stopping();
  if (core.pipeline.isLive)
    await retention
      .round()
      .catch((error: unknown) => log.warn({ error }, 'limits could not be held at the end'));
}

function cancelReads(): void {
  const reason = new TickwrightError('the ingestor is stopping; ask again when it is back', {
    code: 'stopping',
    canRetry: true,
  });
  for (const database of openDatabases()) database.cancelReads(reason);
}

/** The simulated venue is where the simulator's own configuration puts it, unless the source says otherwise. */
function addressed(source: SourceConfig, config: Config): SourceConfig {
  const address = `127.0.0.1:${config.simulator.port}`;
  if (source.venue !== 'simulated') return source;
  return {
    ...source,
    wsUrl: source.wsUrl ?? `ws://${address}`,
    restUrl: source.restUrl ?? `http://${address}`,
  };
}

function describe(source: SourceConfig): { venue: Venue; instruments: Instrument[] } {
  const venue = catalogue.venue(source.venue);
  const other = source.calendar === undefined ? {} : { calendar: source.calendar };
  const instruments = source.instruments.map((key) => ({
    ...venue.instrument(instrumentKey(key)),
    ...other,
  }));
  return { venue, instruments };
}

/** One token a venue: all its sources are of one account. */
function tokensOf({ config, env = {} }: IngestOptions): ReadonlyMap<string, StoredToken> {
  const venues = config.sources.map(({ venue }) => venue).filter((venue) => VENUES_WITH_TOKENS.has(venue));
  const file = secretsFileOf(config);
  return new Map(venues.map((venue) => [venue, new StoredToken({ venue, file, env })]));
}

function coreOptions(options: IngestOptions, instance: string): CoreOptions {
  const { config, clock, log, version } = options;
  const rejected = sampledLog(log, { perKey: 3, windowMs: 60_000, clock });
  return {
    dataDir: config.dataDir,
    instance,
    version,
    venues: catalogue.names().map((name) => catalogue.venue(name)),
    memoryHours: config.ingestor.memoryHours,
    journal: config.ingestor.journal,
    whenTickFileAway: 'open-later',
    onTaken: (error) => void abandoned(options, error),
    clock,
    log,
    onRejected: (venue, bytes, offset) =>
      rejected.warn({
        key: venue,
        fields: { venue, offset, frame: bytes.toString('latin1', 0, 200), bytes: bytes.length },
        message: 'a frame was rejected',
      }),
  };
}

async function serve(options: IngestOptions, state: IngestorState, token: string): Promise<HttpServer> {
  const { config, log, version } = options;
  const metrics = createMetrics();
  registerMetrics(metrics, state);
  if (config.feed.kind !== 'none') registerSenderMetrics(metrics, () => state.running?.feed?.health);
  return await startHttpServer({
    title: 'tickwright ingestor',
    version,
    host: config.ingestor.http.host,
    port: config.ingestor.http.port,
    token,
    log,
    routes: ingestorRoutes(state),
    metrics: () => metrics.text(),
    health: () => state.health(),
    ready: () => state.readiness(),
  });
}

function liveSubscriptions(
  { config, clock, log }: IngestOptions,
  running: {
    core: Core;
    sources: readonly RunningSource[];
    histories: VenueHistories;
    changes: readonly VenueChanges[];
  },
): LiveSubscriptions {
  const { histories, ...parts } = running;
  return new LiveSubscriptions({
    ...parts,
    dataDir: config.dataDir,
    configured: config.sources,
    historyOf: (key) => histories.of(key)?.history,
    clock,
    log,
  });
}

function diskWatch(
  { config, clock, log }: IngestOptions,
  { core, streams }: { core: Core; streams: readonly SourceStream[] },
): DiskWatch {
  return new DiskWatch({
    look: () => diskSpace(config.dataDir),
    reserve: config.ingestor.disk,
    journal: core.journal,
    streams: streams.map(({ stream }) => stream),
    clock,
    log,
  });
}
