import { getJson } from './rest.ts';

export interface ProcessRow {
  readonly name: string;
  readonly pid: number | null;
  readonly version: string | null;
  readonly uptimeMs: number | null;
  readonly eventLoopLagMs: number | null;
  readonly rssBytes: number | null;
  readonly cpuPercent: number | null;
  readonly state: string;
  readonly reason: string;
}

export interface LogLine {
  readonly time: string;
  readonly level: string;
  readonly name: string;
  readonly msg: string;
}

/** The runner's own account of its work. */
export interface Ops {
  readonly processes: readonly ProcessRow[];
  readonly runner: {
    readonly ages: { readonly lastEvent: number | null; readonly lastSignal: number | null };
    readonly queues: readonly {
      readonly name: string;
      readonly depth: number;
      readonly limit: number;
      readonly dropped: number;
    }[];
    readonly ledger?: { readonly state: string; readonly lastSeq: number; readonly lastError?: string };
    readonly candleSource: {
      readonly kind: string;
      readonly state?: string;
      readonly reason?: string;
      readonly readsTotal: number;
      readonly retriesTotal: number;
      readonly failuresTotal: number;
      readonly lastReadMs?: number | null;
      readonly lastLagMs: number | null;
    };
    readonly feed: {
      readonly connected: boolean;
      readonly messages: number;
      readonly gapsRepaired: number;
      readonly dropped: number;
    } | null;
    readonly latency: {
      readonly closeToSignalMs: {
        readonly count: number;
        readonly p50: number | null;
        readonly p99: number | null;
        readonly max: number | null;
      };
      /** Upper bound in milliseconds (null: above all others), and how many. */
      readonly histogram: readonly (readonly [number | null, number])[];
    };
    readonly services?: readonly {
      readonly name: string;
      readonly state: string;
      readonly restarts: number;
    }[];
  };
  readonly log: readonly LogLine[];
}

export async function ops(): Promise<Ops> {
  return getJson('/api/v1/ops');
}

export interface JobRow {
  readonly id: string;
  readonly key: string;
  readonly kind: string;
  readonly state: string;
  readonly tries: number;
  readonly failures: number;
  readonly maxTries: number;
  readonly reason?: string;
  readonly progress?: { readonly done: number; readonly total: number; readonly note?: string };
  readonly changedMicros: number;
  readonly runs?: readonly RunRow[];
}

export interface RunRow {
  readonly id: string;
  readonly name: string;
  readonly state: string;
  readonly enqueuedMicros: number;
  readonly counts: Readonly<Record<string, number>>;
  readonly jobs: readonly JobRow[];
}

/** The ingestor's runs of jobs, newest first. */
export async function jobTree(): Promise<readonly RunRow[]> {
  const { runs } = await getJson<{ runs: readonly RunRow[] }>('/api/v1/ingestor/jobs/tree');
  return runs.toReversed();
}
