import { getJson } from './rest.ts';

/** An instrument's day: minutes, and what is missing of them. */
export interface CoverageRow {
  readonly instrument: string;
  /** YYYY-MM-DD of the venue. */
  readonly date: string;
  readonly expected: number;
  readonly present: number;
  readonly partial: number;
  readonly untraded: number;
  readonly quiet: number;
  readonly missing: number;
  readonly unwatched: number;
  /** 0 to 1; null where nothing was to be expected. */
  readonly completeness: number | null;
  readonly missingSpans: readonly {
    readonly from: string;
    readonly to: string;
    readonly cause: string;
    readonly state: string;
    readonly reason?: string;
  }[];
  readonly outsideCount: number;
}

/** Reading all candles of many days takes a while. */
const TIMEOUT_MS = 60_000;

export async function coverage(fromMicros: number): Promise<readonly CoverageRow[]> {
  return getJson('/api/v1/ingestor/coverage', { query: { from: fromMicros }, timeoutMs: TIMEOUT_MS });
}

export interface VerifyAnswer {
  readonly checked: Readonly<Record<string, number>>;
  readonly problems: readonly unknown[];
  readonly counts: Readonly<Record<string, number>>;
  readonly openGaps: readonly string[];
  readonly provedTicks?: number;
  readonly truncated?: boolean;
}

const VERIFY_TIMEOUT_MS = 600_000;

/** Candles against ticks, and against the venue's own where it has told them. */
export async function verify(): Promise<VerifyAnswer> {
  return getJson('/api/v1/ingestor/verify', { timeoutMs: VERIFY_TIMEOUT_MS });
}

export interface BackupRow {
  readonly name?: string;
  readonly [field: string]: unknown;
}

export async function backups(): Promise<readonly BackupRow[]> {
  return getJson('/api/v1/ingestor/backups');
}
