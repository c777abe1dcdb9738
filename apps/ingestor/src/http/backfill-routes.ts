import { HttpError } from '@tickwright/http';
import type { Route, RouteRequest } from '@tickwright/http';
import type { Core } from '../core.ts';
import { BACKFILL_DAYS_MAX, BackfillImpossibleError, enqueueBackfill } from '../recovery/backfill.ts';
import type { BackfillRequest } from '../recovery/backfill.ts';
import type { IngestorState } from './ingestor-state.ts';

const TIME = { type: 'integer', minimum: 0 } as const;

/** Having a range of an instrument fetched again, by hand. */
export function backfillRoutes(state: IngestorState, core: () => Core): Route[] {
  return [
    {
      method: 'POST',
      path: '/api/v1/backfill',
      summary: `Has the venue asked for what is missing of an instrument's range (${BACKFILL_DAYS_MAX} days at most), by a run of jobs; without "to" until now`,
      body: {
        type: 'object',
        properties: { instrument: { type: 'string' }, from: TIME, to: TIME },
        required: ['instrument', 'from'],
      },
      handler: async (request) => {
        const wanted = wantedOf(core(), request, state.clock.nowMicros());
        const { running } = state;
        if (running?.histories === undefined || running.recovery === undefined)
          throw new HttpError(
            409,
            'recovery is switched off (ingestor.recovery.enabled): nobody would do the job',
          );
        try {
          const { jobs, histories } = running;
          return await enqueueBackfill(
            { core: core(), jobs, histories, clock: state.clock, log: core().log },
            wanted,
          );
        } catch (error) {
          throw error instanceof BackfillImpossibleError ? new HttpError(409, error.message) : error;
        }
      },
    },
  ];
}

function wantedOf(core: Core, { body }: RouteRequest, nowMicros: number): BackfillRequest {
  const { instrument, from, to } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  if (typeof instrument !== 'string' || instrument === '')
    throw new HttpError(400, '"instrument" is required: the key of one, as text');
  if (core.instruments.indexOf(instrument) < 0)
    throw new HttpError(
      404,
      `no instrument "${instrument}" is known here; /api/v1/instruments lists those that are`,
    );
  const fromMicros = timeOf('from', from);
  const toMicros = to === undefined || to === null ? nowMicros : timeOf('to', to);
  if (toMicros <= fromMicros) throw new HttpError(400, '"to" must be after "from"');
  return { instrument, fromMicros, toMicros };
}

function timeOf(name: string, value: unknown): number {
  if (typeof value !== 'number' || !Number.isSafeInteger(value) || value < 0)
    throw new HttpError(400, `"${name}" must be microseconds since 1970-01-01 UTC, an integer`);
  return value;
}
