import { HttpError } from '@tickwright/http';
import type { Route, RouteRequest } from '@tickwright/http';
import { TickwrightError } from '@tickwright/runtime';
import type { LiveSubscriptions, SubscriptionRequest } from './live-subscriptions.ts';

/** Instruments of one request; a body of them stays below the server's limit. */
const MAX_INSTRUMENTS = 1_000;

const BODY = {
  type: 'object',
  properties: {
    instruments: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: MAX_INSTRUMENTS },
    venue: { type: 'string' },
  },
  required: ['instruments'],
} as const;

const STATUS: Readonly<Record<string, number>> = { 'instrument-unknown': 404, 'subscription-not-kept': 503 };

/** Changing a running ingestor's instruments, over HTTP. */
export function subscriptionRoutes(subscriptions: () => LiveSubscriptions): Route[] {
  return [
    {
      method: 'GET',
      path: '/api/v1/subscriptions/changes',
      summary: 'What was subscribed and unsubscribed beside the configuration',
      handler: async () => subscriptions().changes,
    },
    {
      method: 'POST',
      path: '/api/v1/subscriptions',
      summary: 'Subscribes instruments of one venue, also for the next start: all, or none',
      body: BODY,
      handler: (request) => answered(() => subscriptions().subscribe(wanted(request), request.signal)),
    },
    {
      method: 'POST',
      path: '/api/v1/subscriptions/remove',
      summary: 'Unsubscribes instruments of one venue, also for the next start: all, or none',
      body: BODY,
      handler: (request) => answered(() => subscriptions().unsubscribe(wanted(request))),
    },
  ];
}

async function answered<T>(work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    if (!(error instanceof TickwrightError) || error instanceof HttpError) throw error;
    throw new HttpError(STATUS[error.code] ?? 409, error.message);
  }
}

function wanted({ body }: RouteRequest): SubscriptionRequest {
  const { instruments, venue } =
    typeof body === 'object' && body !== null ? (body as Record<string, unknown>) : {};
  const isList = Array.isArray(instruments) && instruments.every((one) => typeof one === 'string');
  if (!isList || instruments.length === 0 || instruments.length > MAX_INSTRUMENTS) {
    throw new HttpError(
      400,
      `the body must be {"instruments": ["SEGMENT|ID", ..]}, 1 to ${MAX_INSTRUMENTS} of them, as JSON`,
    );
  }
  if (venue !== undefined && typeof venue !== 'string') throw new HttpError(400, '"venue" must be a name');
  return { instruments, ...(venue === undefined ? {} : { venue }) };
}
