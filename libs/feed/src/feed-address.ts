import { FeedAddressError } from './feed-errors.ts';
import type { FeedKeys } from './feed-keys.ts';

const LOOPBACK = /^(127\.\d{1,3}\.\d{1,3}\.\d{1,3}|localhost|\[?::1\]?|lo)$/;

/** Whether only this machine can reach an address. */
export function isLocal(address: string): boolean {
  if (address.startsWith('ipc://') || address.startsWith('inproc://')) return true;
  const host = /^tcp:\/\/(?:[^;]*;)?(.*):[^:]+$/.exec(address)?.[1];
  return host !== undefined && LOOPBACK.test(host);
}

/** Throws a FeedAddressError for an address that others can reach and that no key protects. */
export function requireProtected(address: string, keys: FeedKeys | undefined): void {
  if (isLocal(address) || keys !== undefined) return;
  throw new FeedAddressError(
    `the feed address ${address} reaches beyond this machine, and no key protects it: make keys with "tickwright feed keys FILE" and set feed.keyFile, or use 127.0.0.1`,
  );
}
