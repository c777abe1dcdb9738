/** Where time comes from. Microseconds UTC for data, milliseconds for waiting. */
export interface Clock {
  /** Wall time, integer microseconds UTC. */
  nowMicros(): number;
  /** A time that never steps back, milliseconds from an arbitrary origin. */
  monotonicMs(): number;
  /** Resolves after `ms`; rejects with the signal's reason when aborted. */
  sleep(ms: number, signal?: AbortSignal): Promise<void>;
}
