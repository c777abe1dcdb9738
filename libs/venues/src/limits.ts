/** The largest WebSocket message taken. A trade has under 300 bytes, a full depth snapshot some 100 KB. */
export const MAX_FRAME_BYTES = 1024 * 1024;

/** The largest REST answer taken. 1,000 trades have about 150 KB, 1,000 of the venue's candles about 180 KB. */
export const MAX_ANSWER_BYTES = 8 * 1024 * 1024;

/** Every time-out and bound of a stream. */
export interface StreamLimits {
  readonly maxFrameBytes: number;
  /** Instruments on one connection. Binance allows 1,024. */
  readonly instrumentsPerConnection: number;
  /** Open at one time. Where all are in use a connection is closed before the one that replaces it is opened. */
  readonly connections: number;
  /** Least time between two tries with a token that the venue refused. */
  readonly refusedTokenMs: number;
  readonly instrumentsPerRequest: number;
  /** Least time between two requests. Binance allows 5 messages a second, pings and pongs among them. */
  readonly requestSpacingMs: number;
  readonly connectTimeoutMs: number;
  /** A request that is not answered within this is sent once more, then the connection is given up. */
  readonly ackTimeoutMs: number;
  /** Instruments of which a venue that confirms by data does not tell are asked for again after this. */
  readonly untoldRetryMs: number;
  /** How often the client pings, and how long the venue may then be silent altogether. */
  readonly pingIntervalMs: number;
  readonly pongTimeoutMs: number;
  /** How long a closing handshake may take before the socket is cut. */
  readonly closeTimeoutMs: number;
  readonly backoffMinMs: number;
  readonly backoffMaxMs: number;
  /** A connection that lived this long after its acknowledgements starts the backoff anew. */
  readonly healthyAfterMs: number;
  /** A connection is replaced after this, less up to a tenth; Binance closes it after 24 h. */
  readonly connectionLifeMs: number;
  /** After the new connection's acknowledgements the old one stays this long: what is on its way still arrives. */
  readonly overlapMs: number;
  /** The new connection may take this long to be acknowledged. */
  readonly handoverTimeoutMs: number;
  readonly watchIntervalMs: number;
  /** No tick for this, and for `staleGaps` times its own mean gap: stale. Half of it: quiet. */
  readonly staleMinMs: number;
  readonly staleGaps: number;
  /** So many gaps between ticks must have been seen before an instrument's own mean counts. */
  readonly habitGaps: number;
  /** An instrument without such a habit is stale after this. */
  readonly firstTickMs: number;
  /** A connection on which at least two open instruments are acknowledged and none ever ticked is mute after this. */
  readonly firstDataMs: number;
  /** A connection is replaced for the sake of a stale instrument at most this often. */
  readonly staleHandoverMs: number;
}

export const STREAM_LIMITS: StreamLimits = {
  maxFrameBytes: MAX_FRAME_BYTES,
  instrumentsPerConnection: 1000,
  connections: 300,
  refusedTokenMs: 60_000,
  instrumentsPerRequest: 200,
  requestSpacingMs: 340,
  connectTimeoutMs: 10_000,
  ackTimeoutMs: 10_000,
  untoldRetryMs: 60_000,
  pingIntervalMs: 20_000,
  pongTimeoutMs: 10_000,
  closeTimeoutMs: 2_000,
  backoffMinMs: 250,
  backoffMaxMs: 30_000,
  healthyAfterMs: 30_000,
  connectionLifeMs: 23.5 * 3600 * 1000,
  overlapMs: 2_000,
  handoverTimeoutMs: 60_000,
  watchIntervalMs: 1_000,
  staleMinMs: 30_000,
  staleGaps: 20,
  habitGaps: 10,
  firstTickMs: 300_000,
  firstDataMs: 120_000,
  staleHandoverMs: 600_000,
};
