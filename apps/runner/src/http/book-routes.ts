import { HttpError } from '@tickwright/http';
import type { Route } from '@tickwright/http';
import { INSTRUMENT, STRATEGY, TIME, limitOf, rowFilter } from './answers.ts';
import type { Parts } from './answers.ts';
import { foldedPnl } from '../paper-book.ts';

const RANGE = { instrument: INSTRUMENT, strategy: STRATEGY, from: TIME, to: TIME };
const ROWS = { ...RANGE, limit: limitOf(200, 10_000) };

/** What was signalled, ordered, filled and held. */
export function bookRoutes(parts: Parts): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/signals',
      summary: 'Signals, newest first; or the votes that did not count, with why',
      query: {
        ...ROWS,
        suppressed: { type: 'boolean', description: 'votes that did not count', default: false },
      },
      handler: async (request) => {
        const { queries } = parts().ledger;
        const filter = rowFilter(request);
        return request.query['suppressed'] === true ? queries.suppressed(filter) : queries.signals(filter);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/orders',
      summary: 'Orders as they stand, newest first',
      query: {
        ...ROWS,
        state: {
          type: 'string',
          description: 'only those in this state',
          enum: ['working', 'filled', 'cancelled', 'expired', 'rejected'],
        },
      },
      handler: async (request) => {
        const { state } = request.query;
        return parts().ledger.queries.orders({
          ...rowFilter(request),
          ...(typeof state === 'string' && { state }),
        });
      },
    },
    {
      method: 'GET',
      path: '/api/v1/orders/{id}',
      summary: 'One order with all its changes, and why it is not filled',
      handler: async ({ params }) => {
        const id = params['id'] ?? '';
        const changes = await parts().ledger.queries.orderHistory(id);
        const explanation = parts().desk.engine.explain(id);
        const order = changes.at(-1)?.order ?? explanation?.order;
        if (order === undefined)
          throw new HttpError(404, `there is no order "${id}"; /api/v1/orders lists them`);
        return { order, changes, waitingFor: explanation?.waitingFor ?? null };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/fills',
      summary: 'Fills, newest first',
      query: ROWS,
      handler: async (request) => parts().ledger.queries.fills(rowFilter(request)),
    },
    {
      method: 'GET',
      path: '/api/v1/trades',
      summary: 'Closed trades, from flat to flat, newest first',
      query: ROWS,
      handler: async (request) => parts().ledger.queries.trades(rowFilter(request)),
    },
    {
      method: 'GET',
      path: '/api/v1/positions',
      summary: 'The account and what is held, with its value now',
      handler: async () => {
        const { engine } = parts().desk;
        return { account: engine.account(), positions: engine.positions() };
      },
    },
    {
      method: 'GET',
      path: '/api/v1/pnl',
      summary: 'Profit and loss made of the fills alone, and whether the account agrees',
      handler: async () => {
        const { ledger, desk } = parts();
        return foldedPnl(ledger.queries, desk.engine);
      },
    },
    {
      method: 'GET',
      path: '/api/v1/equity',
      summary: 'The equity curve, oldest first, thinned to the limit',
      query: { from: TIME, to: TIME, limit: limitOf(2_000, 20_000) },
      handler: async ({ query: { from, to, limit } }) =>
        parts().ledger.queries.equity({
          points: Number(limit),
          ...(typeof from === 'number' && { fromMicros: from }),
          ...(typeof to === 'number' && { toMicros: to }),
        }),
    },
  ];
}
