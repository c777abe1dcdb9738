/**
 * A part of a process that runs until it is told to stop. The supervisor calls, in this order: `start`, `run`, and on
 * stop `drain`, then it aborts the signal. After a failure it starts again at `start`: recovery is the start path.
 */
export interface Service {
  readonly name: string;
  /** Set on a service that has an end of its own (a recovery run); any other that returns unasked has failed. */
  readonly endsByItself?: boolean;
  /** Whether `run` failed of something that no start mends: then the service is given up at once, with that error. */
  readonly isFinal?: (error: unknown) => boolean;
  /** Gets ready to serve: opens, listens. The next service starts when this has resolved. */
  start?(signal: AbortSignal): Promise<void>;
  /** Serves until the signal is aborted; then returns, or rejects with the signal's reason. */
  run(signal: AbortSignal): Promise<void>;
  /** Takes nothing new and brings what is in hand to safety. Called while `run` is still going. */
  drain?(): Promise<void>;
}

/** What the supervisor knows of a service, for health pages. */
export interface ServiceStatus {
  readonly name: string;
  readonly state: 'waiting' | 'starting' | 'running' | 'backing off' | 'draining' | 'ended';
  readonly restarts: number;
  /** The message of its last failure. */
  readonly lastFailure?: string;
}
