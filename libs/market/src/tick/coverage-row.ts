/** What the de-duplicator knows of one instrument, as stored with the journal offset it belongs to. */
export interface CoverageRow {
  /** The instrument's key. */
  readonly instrument: string;
  /** An `IdSpace`: the one that stands, or none. */
  readonly idSpace: number;
  /** Covered ids: from, to, from, to... ascending, both ends inclusive. */
  readonly ranges: readonly number[];
  /** Newest eventTime of a trade or conflated tick, or -1. */
  readonly lastEventMicros: number;
  /** receiveTime of the last accepted tick, or -1. */
  readonly lastReceiveMicros: number;
  /** Cumulative volume of the session so far, or -1 where the venue tells none. */
  readonly lastCumulativeVolume: number;
  /** The session that it belongs to, YYYY-MM-DD, or an empty string. */
  readonly sessionDate: string;
  /**
   * What else must survive, to be kept as it is: eventTime of the oldest id, whether the next increase of
   * volume belongs to a gap, since when the subscription is confirmed, then eventTime, price, quantity and cumulative
   * volume of each recent tick without an id, oldest first.
   */
  readonly memory: readonly number[];
}
