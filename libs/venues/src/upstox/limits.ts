import { MAX_TICKS_A_FRAME } from '../decoder.ts';
import type { StreamLimits } from '../limits.ts';

/** How much of each instrument the venue sends. `full_d30` is for Plus accounts. */
export const UPSTOX_MODES = ['ltpc', 'option_greeks', 'full', 'full_d30'] as const;
export type UpstoxMode = (typeof UPSTOX_MODES)[number];

/** A snapshot of 2,000 instruments in full has about 0.8 MB. */
export const UPSTOX_MAX_FRAME_BYTES = 4 * 1024 * 1024;

/** Keys one connection carries of a mode alone, and when it carries another mode too. Source: facts, Limits. */
const KEYS_A_CONNECTION: Readonly<Record<UpstoxMode, { readonly alone: number; readonly combined: number }>> =
  {
    ltpc: { alone: 5000, combined: 2000 },
    option_greeks: { alone: 3000, combined: 2000 },
    full: { alone: 2000, combined: 1500 },
    full_d30: { alone: 50, combined: 1500 },
  };
const CONNECTIONS = { normal: 2, plus: 5 } as const;
export type UpstoxPlan = keyof typeof CONNECTIONS;

/** How many connections an account may have open. */
export function connectionsOf(plan: UpstoxPlan): number {
  return CONNECTIONS[plan];
}

/** Keys on one connection, of which each carries one mode. A frame then never holds more than a batch has room for. */
export function keysAConnection(mode: UpstoxMode): number {
  return Math.min(KEYS_A_CONNECTION[mode].alone, MAX_TICKS_A_FRAME);
}

/**
 * What the venue allows a stream of one mode. The life of a connection has no limit that is known; it ends with a
 * renewed token. Requests are few and far between: how many it takes a second is not documented.
 */
export function streamLimits(mode: UpstoxMode, plan: UpstoxPlan): Partial<StreamLimits> {
  return {
    maxFrameBytes: UPSTOX_MAX_FRAME_BYTES,
    instrumentsPerConnection: keysAConnection(mode),
    connections: connectionsOf(plan),
    instrumentsPerRequest: 500,
    pingIntervalMs: 30_000,
  };
}
