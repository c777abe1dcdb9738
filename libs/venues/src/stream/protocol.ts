import type { StreamKind } from '../decoder.ts';

/** What a message that is no data says. */
export type Reply =
  /** The request, or of its symbols those that are named, in a venue that answers for each. */
  | { readonly type: 'acknowledged'; readonly id: number; readonly symbols?: readonly string[] }
  /** All that is subscribed on the connection by now, in a venue whose replies name no request. */
  | { readonly type: 'current'; readonly symbols: readonly string[] }
  /**
   * `symbols`: only these of the request were refused. `canRetry`: nobody is to blame for it, asking again can help; the
   * request then counts as unanswered.
   */
  | {
      readonly type: 'error';
      readonly id: number | undefined;
      readonly reason: string;
      readonly symbols?: readonly string[];
      readonly canRetry?: boolean;
    }
  /** How the venue is, in its own word; while it is not open no data are expected. */
  | { readonly type: 'status'; readonly status: string; readonly isOpen: boolean }
  /** A sign of life that carries no data: a heartbeat, an answer to a ping. */
  | { readonly type: 'alive' }
  | { readonly type: 'shutdown' };

/** How a venue is asked for its streams: all that the reconnecting stream must know of a venue. Pure. */
export interface StreamProtocol {
  /** The address to connect to, from the base address. Throws a VenueAddressError. */
  url(base: string): string;
  /** A request: text, or bytes for a binary message. `id` comes back in the reply. */
  subscribe(id: number, venueSymbols: readonly string[], kind: StreamKind): string | Uint8Array;
  unsubscribe(id: number, venueSymbols: readonly string[], kind: StreamKind): string | Uint8Array;
  /** A look at the first bytes, for every message: false only if it certainly is data. */
  mayBeReply(bytes: Buffer): boolean;
  /** What the message says, or undefined if it is data or nothing we know. Never throws. */
  reply(bytes: Buffer): Reply | undefined;
  /** True where a reply does not name its request: the next one is sent when the one before is answered. */
  readonly isInTurn?: boolean;
  /** The venue's own ping, sent beside the WebSocket's, for a venue that wants one. */
  readonly ping?: () => string;
  /**
   * For a venue that never answers a request: the symbols that a data message tells of, which are thereby confirmed.
   * Asked only while a request is unanswered. Never throws.
   */
  readonly confirmedBy?: (bytes: Buffer) => readonly string[];
}
