import { getJson } from './rest.ts';

/** The ingestor's own account of itself: what is used of it. Parts are missing while it starts or stops. */
export interface IngestorStatus {
  readonly ok: boolean;
  readonly phase: 'starting' | 'running' | 'stopping';
  readonly reasons: readonly string[];
  readonly ready: boolean;
  readonly version: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly eventLoopLagMs: number;
  readonly rssBytes?: number;
  readonly ages: {
    readonly lastFrame: number | null;
    readonly lastDurableSync: number | null;
    readonly lastFlush: number | null;
    readonly lastPublish: number | null;
  };
  readonly journal?: {
    readonly state: string;
    readonly nextOffset: number;
    readonly durableOffset: number;
    readonly pendingBytes: number;
    readonly bytes: number;
    readonly syncs: number;
  };
  readonly tickFile?: {
    readonly state: string;
    readonly lastDurationMs: number;
    readonly flushes: number;
    readonly failures: number;
    readonly retries: number;
    readonly flushedRows: number;
    readonly appliedOffset: number;
    readonly waitingRows: number;
  };
  readonly disk?: {
    readonly state: string;
    readonly freeBytes: number;
    readonly totalBytes: number;
    readonly reserveBytes: number;
    readonly pauses: number;
  };
  readonly limits?: readonly StoreUse[];
  readonly candles?: {
    readonly state: string;
    readonly lastDurationMs: number;
    readonly publishedOffset: number;
    readonly cycles: number;
    readonly skippedCycles: number;
    readonly failures: number;
    readonly retries: number;
    readonly missedCycles: number;
    readonly late: number;
    readonly revisions: number;
    readonly closed: number;
  };
  readonly ticks?: {
    readonly accepted: number;
    readonly duplicates: number;
    readonly outsideSession: number;
  };
  readonly streams?: readonly StreamStatus[];
  readonly gaps?: readonly { readonly instrument: string; readonly state: string }[];
  readonly backups?: {
    readonly state: string;
    readonly ageMs: number | null;
    readonly made: number;
    readonly failures: number;
    readonly lastBytes: number;
  };
  readonly services?: readonly { readonly name: string; readonly state: string; readonly restarts: number }[];
}

/** What a store holds, and its limit. */
export interface StoreUse {
  readonly store: string;
  readonly bytes: number;
  readonly count: number;
  readonly hours: number;
  readonly limit: { readonly bytes?: number; readonly hours?: number; readonly count?: number };
}

/** Ticks of the day that goes on stand in the tick file; files of their own begin with its end. */
export function storeName({ store }: StoreUse): string {
  return store === 'ticks' ? 'ticks of ended days' : store;
}

export interface StreamStatus {
  readonly venue: string;
  readonly connections: readonly {
    readonly connection?: string;
    readonly url: string;
    readonly state: string;
    readonly instruments: number;
    readonly failures: number;
    readonly sinceMicros: number;
    readonly lastMessageMicros?: number;
    readonly reason?: string;
  }[];
  readonly counts: { readonly connects: number; readonly reconnects: Readonly<Record<string, number>> };
  readonly access?: { readonly reason?: string };
  readonly frames: { readonly messages: number; readonly bytes: number };
  readonly subscriptions: readonly {
    readonly instrument: string;
    readonly state: string;
    readonly sinceMicros: number;
    readonly lastTickMicros: number;
    readonly connection?: string;
    readonly reason?: string;
  }[];
}

export async function ingestorStatus(): Promise<IngestorStatus> {
  return getJson('/api/v1/ingestor/status');
}
