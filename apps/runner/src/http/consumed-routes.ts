import { HttpError, JsonRows } from '@tickwright/http';
import type { ParameterSchema, Route } from '@tickwright/http';
import { TIME } from './answers.ts';
import type { Parts } from './answers.ts';

const SEQ: ParameterSchema = { type: 'integer', description: "an event's number, inclusive", minimum: 0 };
const TABLES = ['signals', 'orders', 'fills'] as const;

/** What was consumed, for replays while the runner runs. */
export function consumedRoutes(parts: Parts): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/runs',
      summary: 'The runs whose events are kept, newest first, each with the book it began with',
      handler: async () => parts().ledger.queries.runs(),
    },
    {
      method: 'GET',
      path: '/api/v1/consumed',
      summary: 'Events that were consumed, in order',
      query: { from: SEQ, to: SEQ },
      required: ['from', 'to'],
      handler: async ({ query }) =>
        new JsonRows(parts().ledger.queries.events(Number(query['from']), Number(query['to']))),
    },
    {
      method: 'GET',
      path: '/api/v1/consumed/range',
      summary: 'Numbers of the first and last event of a time range; an empty object: none',
      query: { from: TIME, to: TIME },
      required: ['from', 'to'],
      handler: async ({ query }) =>
        (await parts().ledger.queries.eventRange(Number(query['from']), Number(query['to']))) ?? {},
    },
    {
      method: 'GET',
      path: '/api/v1/consumed/{table}',
      summary: 'Rows that events of a span have made, as JSON texts',
      query: { from: SEQ, to: SEQ },
      required: ['from', 'to'],
      handler: async ({ params, query }) => {
        const table = TABLES.find((name) => name === params['table']);
        if (table === undefined)
          throw new HttpError(404, `there is no such table; there are ${TABLES.join(', ')}`);
        return parts().ledger.queries.texts(table, {
          first: Number(query['from']),
          last: Number(query['to']),
        });
      },
    },
  ];
}
