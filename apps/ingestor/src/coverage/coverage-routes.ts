import { HttpError, JsonRows } from '@tickwright/http';
import type { ParameterSchema, Route, RouteRequest } from '@tickwright/http';
import type { Core } from '../core.ts';
import { coreCoverage } from './core-coverage.ts';
import type { CoverageQuery } from './core-coverage.ts';

const TIME: ParameterSchema = {
  type: 'integer',
  description: 'event time, microseconds since 1970-01-01 UTC',
  minimum: 0,
};

/** Completeness over HTTP: for the command line and for a heat map. */
export function coverageRoutes(core: () => Core): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/coverage',
      summary: 'Per instrument and day: minutes expected, present, without a trade, quiet, missing, outside',
      query: {
        from: TIME,
        to: TIME,
        instruments: {
          type: 'string',
          description: 'keys, separated by commas; all unless told',
          maxLength: 20_000,
        },
      },
      handler: async (request) => new JsonRows(coreCoverage(core(), asked(core(), request), request.signal)),
    },
  ];
}

function asked(core: Core, { query: { from, to, instruments } }: RouteRequest): CoverageQuery {
  const keys = typeof instruments === 'string' ? instruments.split(',') : undefined;
  const unknown = keys?.find((key) => core.instruments.indexOf(key) < 0);
  if (unknown !== undefined) {
    throw new HttpError(
      404,
      `no instrument "${unknown}" is known here; /api/v1/instruments lists those that are`,
    );
  }
  return {
    ...(typeof from === 'number' ? { fromMicros: from } : {}),
    ...(typeof to === 'number' ? { toMicros: to } : {}),
    ...(keys === undefined ? {} : { instruments: keys }),
  };
}
