import { HttpError } from '@tickwright/http';
import type { ParameterSchema, RouteRequest } from '@tickwright/http';
import { nearest } from '@tickwright/runtime';
import type { RowFilter } from '@tickwright/ledger';
import type { RunnerParts } from '../runner-parts.ts';
import type { RunnerState } from '../runner-state.ts';

export const TIME: ParameterSchema = {
  type: 'integer',
  description: 'microseconds since 1970-01-01 UTC; from inclusive, to exclusive',
  minimum: 0,
};
export const INSTRUMENT: ParameterSchema = { type: 'string', description: 'instrument key', maxLength: 120 };
export const STRATEGY: ParameterSchema = { type: 'string', description: "the strategy's id", maxLength: 120 };

export function limitOf(usual: number, maximum: number): ParameterSchema {
  return { type: 'integer', description: 'at most so many, the newest', minimum: 1, maximum, default: usual };
}

export type Parts = () => RunnerParts;

/** The running parts. Errors: 503 while the runner starts or stops. */
export function partsOf(state: RunnerState): Parts {
  return () => {
    if (state.parts === undefined)
      throw new HttpError(503, 'the runner is starting or stopping; ask again in a moment');
    return state.parts;
  };
}

export function rowFilter({ query }: RouteRequest): RowFilter {
  const { instrument, strategy, from, to, limit } = query;
  return {
    limit: Number(limit),
    ...(typeof instrument === 'string' && { instrument }),
    ...(typeof strategy === 'string' && { strategy }),
    ...(typeof from === 'number' && { fromMicros: from }),
    ...(typeof to === 'number' && { toMicros: to }),
  };
}

/** Errors: 404 that names the nearest key. */
export function requireInstrument(parts: RunnerParts, key: string): void {
  const keys = parts.instruments().map((instrument) => String(instrument.key));
  if (keys.includes(key)) return;
  const near = nearest(key, keys);
  const hint = near === undefined ? '/api/v1/scanner lists those that are' : `did you mean "${near}"?`;
  throw new HttpError(404, `no instrument "${key}" is known here; ${hint}`);
}

export function isoTime(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}
