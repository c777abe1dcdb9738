import { ApiError } from './api-error.ts';
import { readToken } from './token.ts';

const TIMEOUT_MS = 10_000;

export type Query = Readonly<Record<string, string | number | boolean | undefined>>;

/** `/api/v1/candles?instrument=...`, encoded, without what is undefined. */
export function address(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query))
    if (value !== undefined) parameters.set(name, String(value));
  const text = parameters.toString();
  return text === '' ? path : `${path}?${text}`;
}

export interface GetOptions {
  readonly query?: Query;
  readonly signal?: AbortSignal;
  readonly timeoutMs?: number;
}

/** Asks for JSON. Errors: ApiError, which says what people can do about it. */
export async function getJson<Answer>(path: string, options: GetOptions = {}): Promise<Answer> {
  return ask<Answer>(address(path, options.query), {}, options);
}

export async function getText(path: string, options: GetOptions = {}): Promise<string> {
  const response = await fetched(address(path, options.query), {}, options);
  return response.text();
}

/** Changes something. The token is the one that the user gave. */
export async function postJson<Answer>(
  path: string,
  options: GetOptions & { readonly body?: unknown } = {},
): Promise<Answer> {
  const token = readToken();
  const headers = {
    'content-type': 'application/json',
    ...(token === undefined ? {} : { authorization: `Bearer ${token}` }),
  };
  const body = JSON.stringify(options.body ?? {});
  return ask<Answer>(address(path, options.query), { method: 'POST', headers, body }, options);
}

async function ask<Answer>(url: string, init: RequestInit, options: GetOptions): Promise<Answer> {
  const response = await fetched(url, init, options);
  try {
    return (await response.json()) as Answer;
  } catch (cause) {
    throw new ApiError({ kind: 'answer', message: `${url} answered with something that is no JSON`, cause });
  }
}

async function fetched(url: string, init: RequestInit, options: GetOptions): Promise<Response> {
  const { signal, timeoutMs = TIMEOUT_MS } = options;
  const timeout = AbortSignal.timeout(timeoutMs);
  let response: Response;
  try {
    response = await fetch(url, {
      ...init,
      signal: signal === undefined ? timeout : AbortSignal.any([signal, timeout]),
    });
  } catch (cause) {
    if (signal?.aborted === true) throw cause;
    const message = timeout.aborted
      ? `the runner did not answer within ${timeoutMs / 1_000} s`
      : 'the runner cannot be reached';
    throw new ApiError({ kind: timeout.aborted ? 'timeout' : 'network', message, cause });
  }
  if (response.ok) return response;
  throw new ApiError({ kind: 'status', status: response.status, message: await reason(response) });
}

async function reason(response: Response): Promise<string> {
  try {
    const answer: unknown = await response.json();
    if (typeof answer === 'object' && answer !== null && 'error' in answer) return String(answer.error);
  } catch {
    // No JSON: the status says it.
  }
  return `the answer was ${response.status} ${response.statusText}`;
}
