import { HttpError, JsonRows } from '@tickwright/http';
import { TickwrightError } from '@tickwright/runtime';
import type { ParameterSchema, Route, RouteRequest } from '@tickwright/http';
import type { Core } from '../core.ts';
import { backfillRoutes } from './backfill-routes.ts';
import { dayReportRoutes } from '../end-of-day/day-reports.ts';
import { coverageRoutes } from '../coverage/coverage-routes.ts';
import type { IngestorState } from './ingestor-state.ts';
import { countTicks, gapsOf, instrumentsOf, readTicksInTurn } from './queries.ts';
import type { TickQuery } from './queries.ts';
import { statusReport } from './status-report.ts';
import { jobRoutes } from '../jobs/job-routes.ts';
import { subscriptionRoutes } from '../subscriptions/subscription-routes.ts';
import type { LiveSubscriptions } from '../subscriptions/live-subscriptions.ts';
import { Turns } from './turns.ts';
import { verifyCore } from '../verification/verify-core.ts';

/** Ticks one answer holds at most; a longer range is asked for in parts. */
const MAX_TICKS = 10_000_000;

const TIME: ParameterSchema = {
  type: 'integer',
  description: 'event time, microseconds since 1970-01-01 UTC',
  minimum: 0,
};

type Parts = NonNullable<IngestorState['running']>;

/** Clients that get ticks at a time: half of the tick file's read connections, the ingestor reads with the others. */
const TICK_READERS_MAX = 2;

/** What the ingestor answers: the live ticks and the state of the stream, so that nobody has to open its files. */
export function ingestorRoutes(state: IngestorState): Route[] {
  const tickTurns = new Turns(TICK_READERS_MAX);
  const running = (): Parts => {
    if (state.running === undefined)
      throw new HttpError(503, 'the ingestor is starting or stopping; ask again in a moment');
    return state.running;
  };
  const core = (): Core => {
    const { core: open } = running();
    if (!open.pipeline.isLive)
      throw new HttpError(
        503,
        'the tick file is away (journal only): what is stored cannot be told now; /ready says why, ask again later',
      );
    return open;
  };
  const subscriptions = (): LiveSubscriptions => {
    const { subscriptions: live } = running();
    if (live === undefined) throw new HttpError(503, 'nothing is subscribed here');
    return live;
  };
  return [
    ...subscriptionRoutes(subscriptions),
    ...coverageRoutes(core),
    ...backfillRoutes(state, core),
    ...dayReportRoutes(() => running().core.dataDir),
    {
      method: 'GET',
      path: '/api/v1/status',
      summary: 'The whole state: stages, streams, subscriptions, gaps',
      handler: async () => statusReport(state),
    },
    {
      method: 'GET',
      path: '/api/v1/instruments',
      summary: 'Instruments with their decimals, calendar and newest tick',
      handler: async () => instrumentsOf(core()),
    },
    {
      method: 'GET',
      path: '/api/v1/gaps',
      summary: 'The gap ledger',
      handler: async () => gapsOf(core()),
    },
    {
      method: 'GET',
      path: '/api/v1/ticks',
      summary: 'Stored ticks of one instrument, in order of time',
      query: {
        instrument: { type: 'string', description: 'instrument key', maxLength: 120 },
        from: TIME,
        to: TIME,
        last: { type: 'integer', description: 'only the newest so many', minimum: 1, maximum: MAX_TICKS },
      },
      required: ['instrument'],
      handler: async (request) => {
        const query = tickQuery(core(), request);
        return new JsonRows(readTicksInTurn(core(), query, { turns: tickTurns, signal: request.signal }));
      },
    },
    {
      method: 'GET',
      path: '/api/v1/ticks/count',
      summary: 'How many ticks are stored',
      query: {
        instrument: { type: 'string', description: 'instrument key', maxLength: 120 },
        from: TIME,
        to: TIME,
      },
      required: ['instrument'],
      handler: async (request) => ({ count: await countTicks(core(), tickQuery(core(), request)) }),
    },
    {
      method: 'POST',
      path: '/api/v1/tokens/{venue}',
      summary: "Reads a venue's renewed token from the file of secrets, and connects with it",
      handler: async ({ params }) => renewToken(state, params['venue'] ?? ''),
    },
    {
      method: 'GET',
      path: '/api/v1/verify',
      summary: 'Candles against ticks, ticks against trade ids, gaps named',
      handler: async ({ signal }) => verifyCore(core(), signal),
    },
    {
      method: 'GET',
      path: '/api/v1/backups',
      summary: 'The backups there are, oldest first',
      handler: async () => running().backups.list(),
    },
    {
      method: 'POST',
      path: '/api/v1/backup',
      summary: 'Makes a backup of now and answers when it is finished and verified',
      handler: async () => {
        try {
          return await running().backups.make('asked for');
        } catch (error) {
          throw error instanceof TickwrightError ? new HttpError(503, error.message) : error;
        }
      },
    },
    ...jobRoutes(() => running().jobs.queue),
  ];
}

function renewToken(state: IngestorState, name: string): object {
  const stored = (state.running?.streams ?? []).filter(({ venue }) => venue.name === name);
  const tokens = new Set(stored.flatMap((stream) => stream.tokens ?? []));
  if (tokens.size === 0) throw new HttpError(404, `no source here wants a token of "${name}"`);
  for (const token of tokens) token.renewed();
  return { venue: name, access: stored.map(({ stream }) => stream.access) };
}

function tickQuery(core: Core, { query }: RouteRequest): TickQuery {
  const instrument = String(query['instrument']);
  if (core.instruments.indexOf(instrument) < 0) {
    throw new HttpError(
      404,
      `no instrument "${instrument}" is known here; /api/v1/instruments lists those that are`,
    );
  }
  const { from, to, last } = query;
  return {
    instrument,
    ...(typeof from === 'number' ? { fromMicros: from } : {}),
    ...(typeof to === 'number' ? { toMicros: to } : {}),
    ...(typeof last === 'number' ? { last } : {}),
  };
}
