import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** Somebody else has the address. Another port is never taken instead: nobody would find it. */
export class FeedAddressTakenError extends TickwrightError {
  constructor(address: string, cause: unknown) {
    super(
      `cannot send the feed on ${address}: the address is taken; end what uses it, or configure another`,
      { code: 'feed-address-taken', exitCode: ExitCode.port, cause },
    );
  }
}

/** An address that cannot be used as it is: wrong, not ours, or beyond loopback without keys. */
export class FeedAddressError extends TickwrightError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'feed-address', exitCode: ExitCode.configuration, ...options });
  }
}

/** A key, or a file of keys, that cannot be used. */
export class FeedKeysError extends TickwrightError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'feed-keys', exitCode: ExitCode.configuration, ...options });
  }
}

/** The other side speaks another version of the feed's protocol. Trying again does not help; an upgrade does. */
export class FeedVersionError extends TickwrightError {
  constructor(
    readonly ours: number,
    readonly theirs: number,
    address: string,
  ) {
    super(
      `the feed at ${address} speaks protocol version ${theirs}, this receiver version ${ours}: run the same release on both sides`,
      { code: 'feed-version', exitCode: ExitCode.venue },
    );
  }
}
