import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** The name after `venue:` or `--venue` is none we know. */
export class UnknownVenueError extends TickwrightError {
  constructor(name: string, known: readonly string[]) {
    super(`no venue is named "${name}"; known are ${known.join(', ')}`, {
      code: 'UNKNOWN_VENUE',
      exitCode: ExitCode.configuration,
    });
  }
}

/** An instrument key that the venue cannot have: another segment, or an id that is no symbol of it. */
export class InstrumentKeyError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'INSTRUMENT_KEY', exitCode: ExitCode.configuration });
  }
}

/** The venue has no address of its own and was given none, or one that is no URL of the right kind. */
export class VenueAddressError extends TickwrightError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'VENUE_ADDRESS', exitCode: ExitCode.configuration, ...options });
  }
}

/** The venue could not be reached, or failed on its own side: trying again can help. */
export class VenueUnreachableError extends TickwrightError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'VENUE_UNREACHABLE', canRetry: true, exitCode: ExitCode.venue, ...options });
  }
}

/** The venue understood and said no. `venueCode` is its own number for it, 0 where it gave none. */
export class VenueRefusedError extends TickwrightError {
  readonly venueCode: number;
  readonly status: number;

  constructor(message: string, options: { venueCode: number; status: number }) {
    super(message, { code: 'VENUE_REFUSED', exitCode: ExitCode.venue });
    this.venueCode = options.venueCode;
    this.status = options.status;
  }
}

/** More instruments than the venue's connections carry. */
export class TooManyInstrumentsError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'TOO_MANY_INSTRUMENTS', exitCode: ExitCode.configuration });
  }
}

/** The venue does not take the token, or there is none: it must be renewed, trying again with it is no use. */
export class TokenRefusedError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'TOKEN_REFUSED', exitCode: ExitCode.venue });
  }
}

/** Too many requests: nothing more may be asked before `retryAfterMs` has passed. */
export class RateLimitedError extends TickwrightError {
  readonly retryAfterMs: number;

  constructor(message: string, options: { retryAfterMs: number }) {
    super(message, { code: 'RATE_LIMITED', canRetry: true, exitCode: ExitCode.venue });
    this.retryAfterMs = options.retryAfterMs;
  }
}

/** The venue answered, with something that is no answer to what was asked. */
export class VenueAnswerError extends TickwrightError {
  constructor(message: string, options: { cause?: unknown } = {}) {
    super(message, { code: 'VENUE_ANSWER', exitCode: ExitCode.venue, ...options });
  }
}
