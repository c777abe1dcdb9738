/** Counts since the start; `connections` and `streams` are as of now. */
export interface SimulatorStats {
  /** Trade and aggregate trade messages of the script handed to connections, without repetitions. */
  sent: number;
  /** Trades and aggregate trades that `skipIds` kept from the streams. */
  skipped: number;
  duplicated: number;
  reordered: number;
  rubbish: number;
  /** Messages not sent because the connection was mute. */
  muted: number;
  connections: number;
  accepted: number;
  rejected: number;
  /** Cut by `dropConnection`. */
  dropped: number;
  /** Closed by age, shutdown, too many requests or a missing pong. */
  closed: number;
  /** Cut because they read too slowly. */
  cutOff: number;
  /** Subscriptions, all connections together. */
  streams: number;
  requests: number;
  /** REST requests answered with 429. */
  limited: number;
}

export function newStats(): SimulatorStats {
  return {
    sent: 0,
    skipped: 0,
    duplicated: 0,
    reordered: 0,
    rubbish: 0,
    muted: 0,
    connections: 0,
    accepted: 0,
    rejected: 0,
    dropped: 0,
    closed: 0,
    cutOff: 0,
    streams: 0,
    requests: 0,
    limited: 0,
  };
}
