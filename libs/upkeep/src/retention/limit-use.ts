/** What a long-lived store may take. Absent: that is not limited. */
export interface Limit {
  readonly bytes?: number;
  readonly hours?: number;
  readonly count?: number;
}

export type LimitedStore = 'journal' | 'ticks' | 'candles' | 'quarantine' | 'backups' | 'log';

/** How much of its limit a store uses. */
export interface LimitUse {
  readonly store: LimitedStore;
  readonly bytes: number;
  /** Files, days or backups, as the store counts. */
  readonly count: number;
  /** Age of its oldest content, hours; 0 when it has none. */
  readonly hours: number;
  readonly limit: Limit;
  /** Above a limit that is not enforced by itself, or cannot be now: why, and what to do. */
  readonly warning?: string;
}

const HOUR_MS = 3_600_000;

/** Age in hours, one decimal. */
export function hoursSince(thenMs: number | undefined, nowMs: number): number {
  if (thenMs === undefined) return 0;
  return Math.max(0, Math.round(((nowMs - thenMs) / HOUR_MS) * 10) / 10);
}
