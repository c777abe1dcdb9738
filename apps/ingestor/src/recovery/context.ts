import { IdSpace } from '@tickwright/market';
import type { Instrument } from '@tickwright/market';
import { JobHopelessError, JobPostponedError } from '@tickwright/jobs';
import type { Clock, Log } from '@tickwright/runtime';
import { RateLimitedError, TokenRefusedError, VenueRefusedError } from '@tickwright/venues';
import type { StreamKind } from '@tickwright/venues';
import { CoverageUnknownError } from '../candles/venue-coverage.ts';
import type { Core } from '../core.ts';
import type { RecoveryMeter } from './recovery-meter.ts';
import type { VenueHistories, VenueHistory } from './venue-histories.ts';

/** While the disk takes no more, or nothing is folded, history would only make it worse. */
const NOT_NOW_MS = 5_000;
/** A token that the venue refuses is asked with again after this, in case it was renewed. */
const REFUSED_TOKEN_MS = 60_000;

/** Which minutes of an instrument are stored as the venue's candles, or told by the venue to have had no trade. */
export interface MinuteCoverage {
  /** How many trading minutes of [from, to) are neither. */
  uncovered(instrument: string, span: { fromMicros: number; toMicros: number }): Promise<number>;
}

/** What all of recovery works with. */
export interface RecoveryContext {
  readonly core: Core;
  readonly histories: Pick<VenueHistories, 'of' | 'list'>;
  readonly minutes: MinuteCoverage;
  readonly meter: RecoveryMeter;
  readonly clock: Clock;
  readonly log: Log;
  /** Whether nothing may be taken in just now: the streams are paused for want of disk. */
  readonly isPaused: () => boolean;
}

/** One instrument as recovery works on it. */
export interface Recovered {
  readonly instrument: Instrument;
  /** Its number in the instrument table. */
  readonly number: number;
  readonly streamKind: StreamKind;
  readonly history: VenueHistory;
}

/** Errors: JobPostponedError while nothing may be taken in; JobHopelessError where there is nobody to ask. */
export function recoveredOf(context: RecoveryContext, key: string): Recovered {
  const { core, histories } = context;
  requireRoom(context);
  const number = core.instruments.indexOf(key);
  const history = histories.of(key);
  if (number < 0 || history === undefined)
    throw new JobHopelessError(`nobody here can be asked for the history of ${key}`);
  const isAggregate = core.pipeline.deduplicator.idSpace(number) === IdSpace.aggTrade;
  const streamKind = isAggregate ? 'aggTrade' : 'trade';
  return { instrument: core.instruments.at(number), number, streamKind, history };
}

/** Errors: JobPostponedError. */
export function requireRoom({ core, isPaused }: RecoveryContext): void {
  if (!core.pipeline.isLive)
    throw new JobPostponedError('the tick file is away: what is missing cannot be told', {
      delayMs: NOT_NOW_MS,
    });
  if (isPaused() || core.journal.isCongested)
    throw new JobPostponedError('the disk takes no more', { delayMs: NOT_NOW_MS });
}

/** What an error means for a job. */
export function jobError(error: unknown): unknown {
  if (error instanceof RateLimitedError)
    return new JobPostponedError(error.message, { delayMs: error.retryAfterMs, cause: error });
  if (error instanceof TokenRefusedError)
    return new JobPostponedError(error.message, { delayMs: REFUSED_TOKEN_MS, cause: error });
  if (error instanceof CoverageUnknownError)
    return new JobPostponedError(error.message, { delayMs: NOT_NOW_MS, cause: error });
  if (error instanceof VenueRefusedError) return new JobHopelessError(error.message, error);
  return error;
}
