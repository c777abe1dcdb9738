import type { Socket } from 'zeromq';
import { FeedAddressError, FeedAddressTakenError } from './feed-errors.ts';

/** Binds a socket; an address that cannot be had is told as what it is. Resolves to the address with its real port. */
export async function bindSocket(socket: Socket, address: string): Promise<string> {
  try {
    await socket.bind(address);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'EADDRINUSE') throw new FeedAddressTakenError(address, error);
    throw new FeedAddressError(`cannot send the feed on ${address}: ${String(error)}`, { cause: error });
  }
  return socket.lastEndpoint ?? address;
}

/** Connects a socket; whether anybody is there shows later. */
export function connectSocket(socket: Socket, address: string): void {
  try {
    socket.connect(address);
  } catch (error) {
    throw new FeedAddressError(`cannot receive the feed from ${address}: ${String(error)}`, { cause: error });
  }
}
