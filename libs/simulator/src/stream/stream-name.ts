/** What a stream tells. */
export type StreamKind = 'trade' | 'aggTrade';

/** A stream that a client asked for. */
export interface StreamName {
  /** As the client named it. */
  readonly name: string;
  /** Of the market's instrument. */
  readonly symbol: string;
  readonly kind: StreamKind;
}
