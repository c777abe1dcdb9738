/** What a client asks for over its connection. */
export type ControlRequest =
  | {
      readonly method: 'SUBSCRIBE' | 'UNSUBSCRIBE';
      readonly streams: readonly string[];
      readonly id: RequestId;
    }
  | { readonly method: 'LIST_SUBSCRIPTIONS'; readonly id: RequestId }
  | { readonly method: 'SET_PROPERTY'; readonly isCombined: boolean; readonly id: RequestId }
  | { readonly method: 'GET_PROPERTY'; readonly id: RequestId };
export type RequestId = number | string | null;

/** A request that is refused, as it is told to the client. */
export interface Refusal {
  readonly code: number;
  readonly msg: string;
  readonly id: RequestId;
}

const METHODS = ['SUBSCRIBE', 'UNSUBSCRIBE', 'LIST_SUBSCRIPTIONS', 'SET_PROPERTY', 'GET_PROPERTY'] as const;
const ID_TEXT = /^[A-Za-z0-9_-]{1,36}$/;

/** Reads a client's message. Source of forms and codes: web-socket-streams.md of Binance's spot documents. */
export function parseControlRequest(text: string): ControlRequest | Refusal {
  const message = parseObject(text);
  if (message === undefined) return { code: 3, msg: 'Invalid JSON: expected an object', id: null };
  const id = message['id'] ?? null;
  if (!isRequestId(id)) {
    return invalid('request ID must be an integer, a string of at most 36 characters, or null', null);
  }
  const method = METHODS.find((each) => each === message['method']);
  switch (method) {
    case 'SUBSCRIBE':
    case 'UNSUBSCRIBE':
      return parseStreams(method, message['params'], id);
    case 'LIST_SUBSCRIPTIONS':
      return { method, id };
    case 'SET_PROPERTY':
    case 'GET_PROPERTY':
      return parseProperty(method, message['params'], id);
    case undefined:
      return invalid(
        `unknown variant ${named(message['method'])}, expected one of ${METHODS.join(', ')}`,
        id,
      );
  }
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value);
    return isObject ? (value as Record<string, unknown>) : undefined;
  } catch {
    return undefined;
  }
}

function parseStreams(
  method: 'SUBSCRIBE' | 'UNSUBSCRIBE',
  params: unknown,
  id: RequestId,
): ControlRequest | Refusal {
  const isList =
    Array.isArray(params) && params.length > 0 && params.every((each) => typeof each === 'string');
  return isList ? { method, streams: params, id } : invalid('params must be a list of stream names', id);
}

function parseProperty(
  method: 'SET_PROPERTY' | 'GET_PROPERTY',
  params: unknown,
  id: RequestId,
): ControlRequest | Refusal {
  const [name, value] = Array.isArray(params) ? (params as unknown[]) : [];
  if (typeof name !== 'string') return invalid('property name must be a string', id);
  if (name !== 'combined') return { code: 0, msg: 'Unknown property', id };
  if (method === 'GET_PROPERTY') return { method, id };
  if (typeof value !== 'boolean') return { code: 1, msg: 'Invalid value type: expected Boolean', id };
  return { method, isCombined: value, id };
}

/** A refusal with Binance's code for requests that make no sense. */
export function invalid(reason: string, id: RequestId): Refusal {
  return { code: 2, msg: `Invalid request: ${reason}`, id };
}

function isRequestId(id: unknown): id is RequestId {
  return id === null || Number.isSafeInteger(id) || (typeof id === 'string' && ID_TEXT.test(id));
}

function named(method: unknown): string {
  return typeof method === 'string' ? method.slice(0, 40) : typeof method;
}
