import type { EngineEvent, EngineOutput, EngineState } from '@tickwright/trading';

/** One event the engine has consumed, with all that it caused: stored whole or not at all. */
export interface LedgerEntry {
  readonly event: EngineEvent;
  readonly output: EngineOutput;
  /** For the event that begins a run. */
  readonly run?: RunRow;
  /** What people are told of it. */
  readonly alerts?: readonly AlertRow[];
}

/** The beginning of a run. */
export interface RunRow {
  readonly runId: string;
  readonly seq: number;
  readonly timeMicros: number;
  readonly mode: string;
  readonly release: string;
  /** The engine's state before the run's first event. */
  readonly state: EngineState;
}

export type AlertSeverity = 'info' | 'warning' | 'critical';

export interface AlertRow {
  /** What it is about and which time: the same thing told again has the same one, and is stored once. */
  readonly id: string;
  readonly timeMicros: number;
  readonly kind: string;
  readonly severity: AlertSeverity;
  readonly text: string;
  readonly instrument?: string;
  readonly strategy?: string;
}

/** `sending` is stored before anything is sent: what was under way when the process died is not sent again. */
export type AlertStepName = 'sending' | 'sent' | 'failed' | 'acknowledged';

export interface AlertStep {
  readonly id: string;
  readonly timeMicros: number;
  readonly step: AlertStepName;
}

/** An alert and how far it got: in the order of its steps, the newest last. */
export interface StoredAlert extends AlertRow {
  readonly steps: readonly AlertStepName[];
}
