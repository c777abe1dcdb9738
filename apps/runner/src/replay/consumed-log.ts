import type { EngineEvent, EngineState } from '@tickwright/trading';

export interface ConsumedRun {
  readonly runId: string;
  readonly seq: number;
  readonly timeMicros: number;
  readonly mode: string;
  readonly release: string;
  readonly state: EngineState;
}

/** What a runner has consumed: of its ledger, or asked of the running one. */
export interface ConsumedLog {
  /** Newest first. */
  runs(): Promise<readonly ConsumedRun[]>;
  events(fromSeq: number, toSeq: number): AsyncIterable<readonly EngineEvent[]>;
  eventRange(fromMicros: number, toMicros: number): Promise<{ first: number; last: number } | undefined>;
  texts(
    table: 'signals' | 'orders' | 'fills',
    span: { first: number; last: number },
  ): Promise<readonly string[]>;
}
