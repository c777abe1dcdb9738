import { HttpError } from '@tickwright/http';
import type { Route } from '@tickwright/http';
import type { StoredAlert } from '@tickwright/ledger';
import { FeedSource } from '../candle-source/feed-source.ts';
import type { RunnerState } from '../runner-state.ts';
import { isoTime, limitOf } from './answers.ts';
import type { Parts } from './answers.ts';

/** The runner itself: its strategies, what it has told people, its work. */
export function ownRoutes(state: RunnerState, parts: Parts): Route[] {
  const notices = async ({ query }: { query: Readonly<Record<string, unknown>> }): Promise<object[]> =>
    (await parts().ledger.queries.alerts({ limit: Number(query['limit']) })).map(noticeJson);
  const LIMIT = { limit: limitOf(200, 5_000) };
  return [
    {
      method: 'GET',
      path: '/api/v1/strategies',
      summary: 'The strategies with their parameters, and how each stands on each instrument',
      handler: async () => strategiesJson(parts()),
    },
    {
      method: 'GET',
      path: '/api/v1/notices',
      summary: 'What people were told, newest first: signals, limits, and what was or is down',
      query: LIMIT,
      handler: notices,
    },
    {
      method: 'GET',
      path: '/api/v1/alerts',
      summary: 'Another name of /api/v1/notices',
      query: LIMIT,
      handler: notices,
    },
    {
      method: 'POST',
      path: '/api/v1/notices/{id}/acknowledge',
      summary: 'Marks a notice as seen',
      handler: async ({ params }) => {
        const { ledger } = parts();
        const id = params['id'] ?? '';
        const known = (await ledger.queries.alerts({ limit: 5_000 })).some((alert) => alert.id === id);
        if (!known) throw new HttpError(404, `there is no notice "${id}"`);
        await ledger.appendAlertSteps([{ id, timeMicros: state.clock.nowMicros(), step: 'acknowledged' }]);
        return { ok: true };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/ops',
      summary: 'The work of the runner: ages, reads, latencies, log; from memory',
      handler: async () => opsJson(state, parts()),
    },
    {
      method: 'GET',
      path: '/api/v1/backups',
      summary: 'The backups of the ledger, oldest first',
      handler: async () => parts().backups.list(),
    },
    {
      method: 'POST',
      path: '/api/v1/backup',
      summary: 'Makes a backup of the ledger and answers when it is finished and verified',
      handler: async () => parts().backups.make('asked for'),
    },
  ];
}

type Running = ReturnType<Parts>;

async function strategiesJson({ config, library, desk, ledger }: Running): Promise<object[]> {
  const states = desk.engine.strategies();
  const rows = config.strategies.map(async ({ id, use, interval, parameters, isEnabled }) => {
    const own = states.filter(({ strategy }) => strategy === id);
    const [lastSignal] = await ledger.queries.signals({ strategy: id, limit: 1 });
    return {
      id,
      use,
      description: library.find(use)?.description ?? '',
      interval,
      isEnabled: own.length === 0 ? isEnabled : own.some(({ status }) => status !== 'disabled'),
      parameters,
      path: library.pathOf(use) ?? null,
      warmUp: Math.max(0, ...own.map(({ warmUp }) => warmUp)),
      instruments: own,
      lastSignal: lastSignal ?? null,
      error: own.find(({ status }) => status === 'stopped')?.reason ?? null,
    };
  });
  return await Promise.all(rows);
}

function noticeJson({
  id,
  timeMicros,
  kind,
  severity,
  text,
  instrument,
  strategy,
  steps,
}: StoredAlert): object {
  return {
    id,
    ts: isoTime(timeMicros),
    code: kind,
    severity,
    text,
    instrument: instrument ?? null,
    strategy: strategy ?? null,
    acknowledged: steps.includes('acknowledged'),
    delivery: steps.findLast((step) => step !== 'acknowledged') ?? null,
  };
}

function opsJson(state: RunnerState, running: Running): object {
  const { desk, source, latency, link, log, ledger, backups, webhook, warmUp, signalFeed } = running;
  const { health } = source;
  const own = state.health();
  const ingestor = link.view.health ?? {};
  const { queueDepth } = ledger.database.stats;
  return {
    processes: [
      {
        name: 'runner',
        pid: own.pid,
        version: own.version,
        uptimeMs: own.uptimeMs,
        eventLoopLagMs: own.eventLoopLagMs,
        rssBytes: own.rssBytes,
        cpuPercent: state.cpuPercent(),
        state: 'up',
        reason: own.reasons[0] ?? '',
      },
      {
        name: 'ingestor',
        pid: ingestor['pid'] ?? null,
        version: ingestor['version'] ?? null,
        uptimeMs: ingestor['uptimeMs'] ?? null,
        eventLoopLagMs: ingestor['eventLoopLagMs'] ?? null,
        rssBytes: ingestor['rssBytes'] ?? null,
        cpuPercent: ingestor['cpuPercent'] ?? null,
        state: link.view.state,
        reason: link.view.reason,
      },
    ],
    runner: {
      ages: {
        lastEvent: own.ages.lastEvent,
        lastCommit: own.ages.lastEvent,
        lastSignal: own.ages.lastSignal,
        lastTick: null,
      },
      queues: [{ name: 'ledger writes', depth: queueDepth, limit: 1_024, dropped: 0 }],
      ledger: { ...desk.health, lastSeq: ledger.lastSeq },
      candleSource: {
        kind: health.origin,
        state: health.state,
        reason: health.reason,
        readsTotal: health.reads,
        retriesTotal: health.retries,
        failuresTotal: health.failures,
        skipped: health.skipped,
        lastReadMs: health.lastReadMs,
        lastLagMs: own.ages.lastPublish,
      },
      feed: source instanceof FeedSource ? feedJson(source) : null,
      signalFeed: signalFeed?.health.counts ?? null,
      warmUp: warmUp.isDone ? { candles: warmUp.candles, ms: Math.round(warmUp.ms) } : null,
      latency: { closeToSignalMs: latency.figures(), histogram: latency.figures().histogram },
      backups: { ...backups.health, ageMs: backups.ageMs() },
      webhook: webhook?.counts ?? null,
      services: state.supervisor?.status() ?? [],
    },
    log: log.lines(),
  };
}

function feedJson(source: FeedSource): object | null {
  if (source.feed === undefined) return null;
  const { health, counts } = source.feed;
  return {
    connected: health.state === 'live',
    state: health.state,
    refused: health.refused ?? null,
    epoch: health.epoch ?? null,
    messages: counts.messages,
    gapsRepaired: counts.replayed + counts.topicSnapshots,
    dropped: counts.lost,
  };
}
