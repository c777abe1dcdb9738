import { randomUUID } from 'node:crypto';
import { HttpError } from '@tickwright/http';
import type { Route, RouteRequest } from '@tickwright/http';
import { instrumentKey } from '@tickwright/market';
import type { Command, OrderRequest } from '@tickwright/trading';
import { decimal } from '@tickwright/trading';
import { requireInstrument } from './answers.ts';
import type { Parts } from './answers.ts';

/** A command waits so long for the ledger. */
const STORED_WITHIN_MS = 10_000;

const TEXT = { type: 'string', maxLength: 500 } as const;
const REASON = { type: 'object', properties: { reason: TEXT, commandId: TEXT } } as const;

/** Changes by hand. Each is an event like any other: answered once it is in the ledger. */
export function commandRoutes(parts: Parts): Route[] {
  const post = (
    path: string,
    summary: string,
    command: (request: RouteRequest) => Command,
    body: object = REASON,
  ): Route => ({
    method: 'POST',
    path: `/api/v1/${path}`,
    summary,
    body,
    handler: async (request) => demanded(parts, command(request), fieldsOf(request)),
  });
  return [
    post('kill', 'Cancels all orders and refuses new ones until resume', (request) => ({
      kind: 'kill',
      reason: reasonOf(request),
    })),
    post('resume', 'Takes orders again', (request) => ({ kind: 'resume', reason: reasonOf(request) })),
    post(
      'flatten',
      'Cancels orders and closes positions, of one instrument or of all',
      (request) => ({ kind: 'flatten', instrument: instrumentOf(parts, request), reason: reasonOf(request) }),
      { type: 'object', properties: { instrument: { type: ['string', 'null'] }, ...REASON.properties } },
    ),
    post(
      'orders',
      'Places an order by hand',
      (request) => ({ kind: 'place-order', request: orderRequest(parts, request) }),
      ORDER,
    ),
    post('orders/{id}/cancel', 'Cancels an order', (request) => ({
      kind: 'cancel-order',
      orderId: request.params['id'] ?? '',
      reason: reasonOf(request),
    })),
    post('strategies/{id}/enable', 'Lets a strategy signal', (request) => ({
      kind: 'enable-strategy',
      strategy: strategyOf(parts, request),
    })),
    post('strategies/{id}/disable', 'Keeps a strategy from signalling', (request) => ({
      kind: 'disable-strategy',
      strategy: strategyOf(parts, request),
      reason: reasonOf(request),
    })),
  ];
}

const ORDER = {
  type: 'object',
  required: ['instrument', 'side', 'type', 'quantity'],
  properties: {
    instrument: TEXT,
    side: { enum: ['buy', 'sell'] },
    type: { enum: ['market', 'limit', 'stop', 'stop-limit'] },
    validity: { enum: ['day', 'ioc', 'gtc'] },
    quantity: { type: 'string' },
    limitPrice: { type: 'string' },
    stopPrice: { type: 'string' },
    reduceOnly: { type: 'boolean' },
    commandId: TEXT,
  },
} as const;

async function demanded(parts: Parts, command: Command, fields: Fields): Promise<object> {
  const { desk } = parts();
  const commandId = textOf(fields, 'commandId') ?? randomUUID();
  const limit = AbortSignal.timeout(STORED_WITHIN_MS);
  const late = new Promise<never>((_resolve, reject) => {
    limit.addEventListener(
      'abort',
      () => reject(new HttpError(503, 'the ledger is busy: whether it was taken is told by /api/v1/notices')),
      { once: true },
    );
  });
  // Not the limit's signal: a command that is under way is stored, whoever still waits for it.
  const taken = desk.take([{ type: 'command', commandId, command }], NEVER);
  const [output] = await Promise.race([taken, late]);
  const refused = output?.notices.find(({ code }) => code === 'command-refused');
  if (refused !== undefined) throw new HttpError(409, refused.text);
  return { ok: true, seq: output?.seq, orders: output?.orders.map(({ order }) => order) ?? [] };
}

const NEVER = new AbortController().signal;

type Fields = Readonly<Record<string, unknown>>;

function fieldsOf({ body }: RouteRequest): Fields {
  if (body === undefined || body === null) return {};
  if (typeof body !== 'object' || Array.isArray(body))
    throw new HttpError(400, 'the body must be a JSON object');
  return body as Fields;
}

function textOf(fields: Fields, name: string): string | undefined {
  const value = fields[name];
  if (value === undefined || value === null) return undefined;
  if (typeof value !== 'string' || value.length > 500)
    throw new HttpError(400, `"${name}" must be a text of at most 500 characters`);
  return value;
}

function reasonOf(request: RouteRequest): string {
  return textOf(fieldsOf(request), 'reason') ?? 'by hand';
}

function instrumentOf(parts: Parts, request: RouteRequest): ReturnType<typeof instrumentKey> | null {
  const key = textOf(fieldsOf(request), 'instrument');
  if (key === undefined) return null;
  requireInstrument(parts(), key);
  return instrumentKey(key);
}

function strategyOf(parts: Parts, { params }: RouteRequest): string {
  const id = params['id'] ?? '';
  const ids = parts().config.strategies.map((strategy) => strategy.id);
  if (!ids.includes(id))
    throw new HttpError(404, `there is no strategy "${id}" here; there are ${ids.join(', ')}`);
  return id;
}

function orderRequest(parts: Parts, request: RouteRequest): OrderRequest {
  const fields = fieldsOf(request);
  const instrument = instrumentOf(parts, request);
  if (instrument === null) throw new HttpError(400, '"instrument" is required');
  const one = <T extends string>(name: string, allowed: readonly T[], usual?: T): T => {
    const value = textOf(fields, name) ?? usual;
    const found = allowed.find((each) => each === value);
    if (found === undefined) throw new HttpError(400, `"${name}" must be one of ${allowed.join(', ')}`);
    return found;
  };
  const type = one('type', ['market', 'limit', 'stop', 'stop-limit']);
  const price = (name: string, isWanted: boolean): OrderRequest['limitPrice'] => {
    const value = textOf(fields, name);
    if (isWanted !== (value !== undefined))
      throw new HttpError(
        400,
        isWanted ? `a ${type} order needs "${name}"` : `a ${type} order has no "${name}"`,
      );
    return value === undefined ? null : decimalOf(name, value);
  };
  return {
    instrument,
    side: one('side', ['buy', 'sell']),
    type,
    validity: one('validity', ['day', 'ioc', 'gtc'], 'day'),
    quantity: decimalOf('quantity', textOf(fields, 'quantity') ?? ''),
    limitPrice: price('limitPrice', type === 'limit' || type === 'stop-limit'),
    stopPrice: price('stopPrice', type === 'stop' || type === 'stop-limit'),
    reduceOnly: fields['reduceOnly'] === true,
  };
}

function decimalOf(name: string, text: string): OrderRequest['quantity'] {
  if (!/^\d{1,15}(\.\d{1,18})?$/.test(text))
    throw new HttpError(400, `"${name}" must be a decimal in quotes, like "12.5"`);
  return decimal(text);
}
