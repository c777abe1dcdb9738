import type { StreamKind } from '../decoder.ts';

/** What a message that is no data says. */
export type Reply =
  | { readonly type: 'acknowledged'; readonly id: number }
  | { readonly type: 'error'; readonly id: number | undefined; readonly reason: string }
  | { readonly type: 'shutdown' };

/** How a venue is asked for its streams: all that the reconnecting stream must know of a venue. Pure. */
export interface StreamProtocol {
  /** The address to connect to, from the base address. Throws a VenueAddressError. */
  url(base: string): string;
  /** A request's text. `id` comes back in the reply. */
  subscribe(id: number, venueSymbols: readonly string[], kind: StreamKind): string;
  unsubscribe(id: number, venueSymbols: readonly string[], kind: StreamKind): string;
  /** A look at the first bytes, for every message: false only if it certainly is data. */
  mayBeReply(bytes: Buffer): boolean;
  /** What the message says, or undefined if it is data or nothing we know. Never throws. */
  reply(bytes: Buffer): Reply | undefined;
}
