import { randomUUID } from 'node:crypto';
import type { Config } from '@tickwright/config';
import { MINUTE_MICROS, calendars, instrumentKey, splitKey } from '@tickwright/market';
import type { Instrument, Interval } from '@tickwright/market';
import { loadFeedKeys } from '@tickwright/feed';
import type { FeedKeys } from '@tickwright/feed';
import type { AlertRow, Ledger } from '@tickwright/ledger';
import type { Clock } from '@tickwright/runtime';
import { readInstruments, readPublishedGaps } from '@tickwright/store';
import type { CandleQuery } from '@tickwright/store';
import { createEngine, rehearse } from '@tickwright/trading';
import type { Engine, EngineConfig } from '@tickwright/trading';
import { alertsOf } from './alerts/alert-rules.ts';
import { Webhook } from './alerts/webhook.ts';
import { CandleFold } from './candle-source/candle-fold.ts';
import { FeedSource } from './candle-source/feed-source.ts';
import { FilesSource } from './candle-source/files-source.ts';
import { GapTracker } from './candle-source/gap-tracker.ts';
import type { CandleSource, StreamWanted } from './candle-source/source-event.ts';
import { Desk } from './desk/desk.ts';
import { ledgerBackups } from './ledger-backups.ts';
import { IngestorLink } from './ingestor-link.ts';
import { LiveBoard } from './live-board.ts';
import type { RecentLog } from './recent-log.ts';
import type { RunnerParts } from './runner-parts.ts';
import type { SignalFeed } from './signal-feed.ts';
import { SignalLatency } from './signal-latency.ts';
import type { StrategyLibrary } from './strategies/strategy-library.ts';

/** Closed candles that are read of every stream at least: the scanner shows them. */
const HISTORY_MIN = 30;
/** Of earlier runs: what the scanner shows as each row's last. */
const RECALLED_SIGNALS = 5_000;

export interface OpeningParts {
  readonly config: Config;
  readonly plan: EngineConfig;
  readonly library: StrategyLibrary;
  readonly ledger: Ledger;
  readonly query: CandleQuery;
  readonly instance: string;
  readonly version: string;
  readonly signalFeed: SignalFeed | undefined;
  readonly clock: Clock;
  readonly log: RecentLog;
  readonly signal: AbortSignal;
}

/** Makes the parts of a run and begins it: from here on the engine is the one that the ledger speaks of. */
export async function openRunnerParts(options: OpeningParts): Promise<RunnerParts & AsyncDisposable> {
  const { config, plan, library, ledger, query, version, signalFeed, clock, log, signal } = options;
  const feedKeys = config.feed.kind === 'zeromq' ? await loadFeedKeys(config.feed) : undefined;
  rehearse({
    config: plan,
    calendars,
    fromMicros: Math.floor(clock.nowMicros() / MINUTE_MICROS) * MINUTE_MICROS,
  });
  const engine = createEngine({ strategies: library.find, calendars, state: await ledger.state() });
  const latency = new SignalLatency();
  const desk = new Desk({ engine, ledger, alertsOf, clock, log });
  const beginRun = (until: AbortSignal): Promise<void> =>
    desk.begin({ runId: randomUUID(), mode: config.runner.mode, release: version, config: plan }, until);
  await beginRun(signal);
  const streams = wantedStreams(engine, plan);
  const source = candleSource(options, { streams, engine, feedKeys });
  const board = new LiveBoard({ plan, engine, clock });
  board.recall(await ledger.queries.signals({ limit: RECALLED_SIGNALS }));
  const webhook =
    config.alerts.webhook === ''
      ? undefined
      : new Webhook({ url: config.alerts.webhook, ledger, clock, log });
  await webhook?.begin();
  const backups = ledgerBackups(options);
  await backups.begin();
  let lastSignalMs: number | undefined;
  desk.listen((entries) => {
    // First of all: whoever trades on signals waits for nothing else.
    for (const { output } of entries) {
      for (const found of output.signals) {
        latency.add((clock.nowMicros() - found.candleCloseMicros) / 1_000);
        lastSignalMs = clock.monotonicMs();
        signalFeed?.send(found);
      }
    }
    board.taken(entries);
    const alerts: AlertRow[] = entries.flatMap((entry) => entry.alerts ?? []);
    for (const alert of alerts) tell(alert, { webhook, log });
  });
  const instruments = describedBy(config, plan);
  await instruments.look();
  return {
    config: plan,
    library,
    desk,
    ledger,
    source,
    query,
    board,
    link: new IngestorLink({ dataDir: config.dataDir, clock }),
    latency,
    backups,
    webhook,
    signalFeed,
    warmUp: { isDone: false, candles: 0, ms: 0 },
    log,
    beginRun,
    gaps: () => readPublishedGaps({ dataDir: config.dataDir, log, clock }),
    instruments: instruments.list,
    refresh: () => instruments.look(),
    tellAlert: (alert) => {
      tell(alert, { webhook, log });
      board.alerted(alert);
    },
    lastSignalMs: () => lastSignalMs,
    [Symbol.asyncDispose]: async () => {
      await backups[Symbol.asyncDispose]();
      await source[Symbol.asyncDispose]();
    },
  };
}

function tell(alert: AlertRow, to: { webhook: Webhook | undefined; log: RecentLog }): void {
  const { severity, kind, text } = alert;
  if (severity === 'info') to.log.info({ kind }, text);
  else to.log.warn({ kind, severity }, text);
  to.webhook?.send(alert);
}

/** What strategies and fills are fed, and the minute of every instrument, which the scanner shows. */
function wantedStreams(engine: Engine, plan: EngineConfig): StreamWanted[] {
  return plan.instruments.flatMap(({ instrument }) => {
    const { closed, forming, warmUp } = engine.needs(instrument);
    const intervals = new Set<Interval>([...closed, ...forming, plan.fills.interval]);
    return [...intervals].map((interval): StreamWanted => {
      const consumedTo = engine.consumedUpTo(instrument, interval);
      const wanted = { instrument, interval, warmUp: Math.max(HISTORY_MIN, warmUp[interval] ?? 0) };
      return consumedTo === null ? wanted : { ...wanted, consumedTo };
    });
  });
}

function candleSource(
  { config, query, clock, log }: OpeningParts,
  {
    streams,
    engine,
    feedKeys,
  }: { streams: readonly StreamWanted[]; engine: Engine; feedKeys: FeedKeys | undefined },
): CandleSource {
  const { dataDir } = config;
  const fold = new CandleFold({ streams, maxSignalAgeMs: config.runner.maxSignalAgeMs });
  const tracker = new GapTracker(streams.map(({ instrument }) => instrument));
  const common = { dataDir, query, fold, tracker, clock, log, staleAfterMs: staleAfterMs(config) };
  const gaps = (): ReturnType<typeof readPublishedGaps> => readPublishedGaps({ dataDir, log, clock });
  if (config.runner.candles === 'files' || config.feed.kind !== 'zeromq')
    return new FilesSource({ ...common, gaps });
  const files = new FilesSource({ ...common, gaps, isNeeded: () => !feed.isLive });
  const { publish, snapshot } = config.feed;
  const feed: FeedSource = new FeedSource({
    address: { publish, snapshot },
    ...(feedKeys === undefined ? {} : { keys: feedKeys }),
    fold,
    tracker,
    files,
    streams: streams.map(({ instrument, interval }) => ({ instrument: instrumentKey(instrument), interval })),
    wantsTicks: (instrument) => engine.needs(instrument).ticks,
    clock,
    log,
  });
  return feed;
}

/** Not before a few cycles of the publisher were missed. */
function staleAfterMs({ alerts, ingestor }: Config): number {
  return Math.max(alerts.staleAfterMs, 3 * ingestor.aggregateIntervalMs);
}

/** The run's instruments with their decimals, as the ingestor has described them when it was last looked. */
export interface DescribedInstruments {
  readonly list: () => readonly Instrument[];
  look(): Promise<void>;
}

function describedBy({ dataDir }: Config, plan: EngineConfig): DescribedInstruments {
  let list: readonly Instrument[] = [];
  return {
    list: () => list,
    async look() {
      const rows = new Map((await readInstruments(dataDir)).map((row) => [row.key, row]));
      list = plan.instruments.map(({ instrument, calendar }): Instrument => {
        const {
          priceDecimals = 8,
          quantityDecimals = 8,
          venueSymbol = splitKey(instrument).id,
        } = rows.get(instrument) ?? {};
        return {
          key: instrument,
          ...splitKey(instrument),
          venueSymbol,
          priceDecimals,
          quantityDecimals,
          calendar,
        };
      });
    },
  };
}
