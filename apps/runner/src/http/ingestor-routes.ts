import { HttpError, RawAnswer } from '@tickwright/http';
import type { Route, RouteRequest } from '@tickwright/http';
import type { Parts } from './answers.ts';

const TIMEOUT_MS = 5_000;
/** A backup or a verification answers when it is done, coverage when it has read the candles of all days asked for. */
const LONG_TIMEOUT_MS = 600_000;
const LONG = /^(?:verify|backup|coverage)$/;

/** The ingestor's API through the runner, with the ingestor's own token: pages ask one origin. */
export function ingestorRoutes(parts: Parts): Route[] {
  const passed = (method: 'GET' | 'POST'): Route => ({
    method,
    path: '/api/v1/ingestor/{rest}',
    summary: "The ingestor's /api/v1/{rest}, asked with its token",
    takesRest: true,
    handler: async (request) => {
      const rest = request.params['rest'] ?? '';
      const segments = rest.split('/');
      // No way out of the ingestor's API.
      if (segments.some((segment) => /^\.*$/.test(segment)))
        throw new HttpError(400, `"${rest}" is no path of the ingestor's API`);
      const path = `/api/v1/${segments.map(encodeURIComponent).join('/')}${queryText(request)}`;
      const timeoutMs = LONG.test(rest) ? LONG_TIMEOUT_MS : TIMEOUT_MS;
      return asked(parts, { method, path, timeoutMs, request });
    },
  });
  const other = (name: string, path: string): Route => ({
    method: 'GET',
    path: `/api/v1/${name}`,
    summary: `The ingestor's ${path}`,
    handler: async (request) => asked(parts, { method: 'GET', path, timeoutMs: TIMEOUT_MS, request }),
  });
  return [
    passed('GET'),
    passed('POST'),
    other('ingestor-metrics', '/metrics'),
    other('ingestor-health', '/health'),
  ];
}

async function asked(
  parts: Parts,
  asking: { method: 'GET' | 'POST'; path: string; timeoutMs: number; request: RouteRequest },
): Promise<RawAnswer> {
  const { method, path, timeoutMs, request } = asking;
  const { link } = parts();
  try {
    const { body, signal } = request;
    return new RawAnswer(
      await link.ask({ method, path, timeoutMs, signal, ...(method === 'POST' && { body: body ?? {} }) }),
    );
  } catch (error) {
    throw new HttpError(
      503,
      `the ingestor does not answer: ${error instanceof Error ? error.message : String(error)}`,
    );
  }
}

function queryText({ query }: RouteRequest): string {
  const search = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) if (value !== undefined) search.set(name, String(value));
  return search.size === 0 ? '' : `?${search.toString()}`;
}
