import { VenueAddressError } from '../errors.ts';

/** A base address, without the slashes at its end. Throws a VenueAddressError when it is no WebSocket address. */
export function webSocketUrl(base: string): URL {
  let url: URL;
  try {
    url = new URL(base);
  } catch (cause) {
    throw new VenueAddressError(`"${base}" is no WebSocket address: expected wss://host[:port]`, { cause });
  }
  if (url.protocol !== 'ws:' && url.protocol !== 'wss:') {
    throw new VenueAddressError(
      `"${base}" is no WebSocket address: expected it to begin with wss:// or ws://`,
    );
  }
  url.pathname = url.pathname.replace(/\/+$/, '');
  return url;
}
