import type { Instrument } from '@tickwright/market';
import { TickwrightError } from '@tickwright/runtime';
import { VenueRefusedError } from '@tickwright/venues';
import type { History } from '@tickwright/venues';

/** Instruments of one details request. */
const DETAILS_MAX = 100;
/** A venue that is asked instrument by instrument is asked for so many at most; the stream tells of the others. */
const KNOWS_MAX = 50;
/** Answers that say no to whoever asks, not to what was asked for. */
const NOT_OF_THE_INSTRUMENT: ReadonlySet<number> = new Set([401, 403, 418, 429, 451]);

export interface VenueCheck {
  /** Those that the venue says it does not have. */
  readonly unknown: readonly { readonly instrument: Instrument; readonly reason: string }[];
  /** Why it could not be asked for all of them. */
  readonly unchecked: string | undefined;
}

/** Asks the venue whether it has the instruments. One that does not answer is no reason to refuse them. */
export async function checkWithVenue(
  history: Pick<History, 'instrumentDetails' | 'knows'> | undefined,
  instruments: readonly Instrument[],
  signal: AbortSignal,
): Promise<VenueCheck> {
  if (instruments.length === 0) return { unknown: [], unchecked: undefined };
  if (history === undefined) return { unknown: [], unchecked: 'no REST address of it is known here' };
  try {
    if (history.knows === undefined) {
      const unknown: { instrument: Instrument; reason: string }[] = [];
      for (let at = 0; at < instruments.length; at += DETAILS_MAX) {
        unknown.push(...(await unknownOf(history, instruments.slice(at, at + DETAILS_MAX), signal)));
      }
      return { unknown, unchecked: undefined };
    }
    return await askEach({ knows: history.knows.bind(history) }, instruments, signal);
  } catch (error) {
    signal.throwIfAborted();
    if (!(error instanceof TickwrightError)) throw error;
    return { unknown: [], unchecked: error.message };
  }
}

/** A venue refuses all that it is asked for when it does not know one: halved until the wrong one stands alone. */
async function unknownOf(
  history: Pick<History, 'instrumentDetails'>,
  instruments: readonly Instrument[],
  signal: AbortSignal,
): Promise<{ instrument: Instrument; reason: string }[]> {
  const [first] = instruments;
  if (first === undefined) return [];
  try {
    await history.instrumentDetails(instruments, signal);
    return [];
  } catch (error) {
    if (!(error instanceof VenueRefusedError) || NOT_OF_THE_INSTRUMENT.has(error.status)) throw error;
    if (instruments.length === 1) return [{ instrument: first, reason: error.message }];
  }
  const middle = Math.ceil(instruments.length / 2);
  return [
    ...(await unknownOf(history, instruments.slice(0, middle), signal)),
    ...(await unknownOf(history, instruments.slice(middle), signal)),
  ];
}

async function askEach(
  history: Pick<Required<History>, 'knows'>,
  instruments: readonly Instrument[],
  signal: AbortSignal,
): Promise<VenueCheck> {
  const unknown: { instrument: Instrument; reason: string }[] = [];
  for (const instrument of instruments.slice(0, KNOWS_MAX)) {
    if (await history.knows(instrument, signal)) continue;
    unknown.push({ instrument, reason: 'the venue has no candles of such a key' });
  }
  const left = instruments.length - KNOWS_MAX;
  const unchecked =
    left > 0 ? `${left} of ${instruments.length} were not looked up one by one: status tells` : undefined;
  return { unknown, unchecked };
}
