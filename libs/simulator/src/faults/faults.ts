import { ExitCode, TickwrightError } from '@tickwright/runtime';

/**
 * What can go wrong at a venue, each by a switch of its own; null is off. Whatever is on, all that is streamed or told
 * comes from the market's script: faults leave out, repeat, delay and disturb, and never invent a trade.
 */
export interface Faults {
  /** Cuts each connection without a close frame, at an age around `everyMs`. */
  readonly dropConnection: { readonly everyMs: number } | null;
  /** Of every `everyMs` of a connection's age, sends no data in the last `forMs`; pings and requests are answered. */
  readonly mute: { readonly everyMs: number; readonly forMs: number } | null;
  /** Streams each trade that much after its time. */
  readonly delay: { readonly ms: number } | null;
  /** Sends a message twice. */
  readonly duplicate: { readonly probability: number } | null;
  /** Sends a message after the next one of the same stream. */
  readonly reorder: { readonly probability: number } | null;
  /** Streams a trade to nobody, though REST tells it. */
  readonly skipIds: { readonly probability: number } | null;
  /** Sends a message that is not one, after a real one. */
  readonly rubbish: { readonly probability: number } | null;
  /** Closes each connection at that age; Binance does so after 24 h. */
  readonly closeAfterMs: number | null;
  /** At that age of a connection sends it `serverShutdown`, and closes it `graceMs` later. */
  readonly serverShutdown: { readonly everyMs: number; readonly graceMs: number } | null;
  /** Answers connection attempts with 503, until `forMs` after it was set. */
  readonly rejectConnections: { readonly forMs: number } | null;
  /** Refuses every token, until `forMs` after it was set; for a venue that wants one. */
  readonly refuseToken: { readonly forMs: number } | null;
  /** Answers REST requests with 429 and `Retry-After: 1`. */
  readonly http429: { readonly probability: number } | null;
}

export const NO_FAULTS: Faults = {
  dropConnection: null,
  mute: null,
  delay: null,
  duplicate: null,
  reorder: null,
  skipIds: null,
  rubbish: null,
  closeAfterMs: null,
  serverShutdown: null,
  rejectConnections: null,
  refuseToken: null,
  http429: null,
};

/** A fault's switch has a value that makes no sense. */
export class FaultsError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'SIMULATOR_FAULTS', exitCode: ExitCode.configuration });
  }
}

/** Throws a FaultsError that names the first switch with a wrong value. */
export function checkFaults(faults: Faults): void {
  for (const [name, value] of Object.entries(faults)) {
    const fields: [string, unknown][] =
      typeof value === 'object' && value !== null ? Object.entries(value) : [['ms', value ?? 1]];
    for (const [field, number] of fields) checkField(`${name}.${field}`, field, number);
  }
  if (faults.mute !== null && faults.mute.forMs >= faults.mute.everyMs) {
    throw new FaultsError(
      'the fault mute.forMs must be less than mute.everyMs: else no data would ever be sent',
    );
  }
}

function checkField(name: string, field: string, value: unknown): void {
  const isNumber = typeof value === 'number' && Number.isFinite(value);
  if (field === 'probability') {
    if (isNumber && value >= 0 && value <= 1) return;
    throw new FaultsError(`the fault ${name} is ${String(value)}: give a number from 0 to 1`);
  }
  if (isNumber && value > 0) return;
  throw new FaultsError(`the fault ${name} is ${String(value)}: give milliseconds, more than 0`);
}
