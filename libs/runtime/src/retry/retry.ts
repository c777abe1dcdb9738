import { AssertionError } from 'node:assert';
import pRetry from 'p-retry';
import type { Clock } from '../clock/clock.ts';
import { TickwrightError } from '../errors.ts';
import { withJitter } from './retry-schedule.ts';
import type { RetrySchedule } from './retry-schedule.ts';
import { systemClock } from '../clock/system-clock.ts';

/** A try that failed. `retryInMs` is absent when it was the last one. */
export interface FailedTry {
  readonly error: unknown;
  /** Counted from 1. */
  readonly attempt: number;
  readonly retryInMs?: number;
}

export interface RetryOptions {
  readonly schedule: RetrySchedule;
  /** Ends the waiting. Work under way is the caller's: hand the same signal to it. */
  readonly signal?: AbortSignal;
  /** Decides alone when given; otherwise `canRetry` does. */
  readonly shouldRetry?: (error: unknown) => boolean;
  /** Called after each failure, before the wait. */
  readonly onFailure?: (failure: FailedTry) => void;
  readonly clock?: Clock;
  readonly random?: () => number;
}

/**
 * Whether trying again can help. An operating error says so itself; a programmer's error is never retried; whatever
 * else was thrown may well be the outside world, and is.
 */
export function canRetry(error: unknown): boolean {
  if (error instanceof TickwrightError) return error.canRetry;
  // fetch reports a broken connection as a TypeError, and only then with a cause.
  if (error instanceof TypeError) return error.cause !== undefined;
  return !(error instanceof RangeError || error instanceof ReferenceError || error instanceof AssertionError);
}

/**
 * Does `work`, again after each time of the schedule while it fails in a way that another try can mend. Rejects with
 * the last error as it was thrown, or with the signal's reason when aborted before a try or while waiting. A result
 * that was reached is returned even if the signal was aborted meanwhile: what is done must not be taken for undone.
 */
export async function retry<T>(work: (attempt: number) => Promise<T>, options: RetryOptions): Promise<T> {
  const { schedule, signal } = options;
  signal?.throwIfAborted();
  try {
    // The library keeps the count; waiting is ours, so that it can be aborted and follows the clock given.
    return await pRetry(async (attempt) => await carried(work, attempt), {
      retries: schedule.length,
      minTimeout: 0,
      onFailedAttempt: async ({ error, attemptNumber }) => {
        await waitBeforeNextTry({ error: uncarried(error), attempt: attemptNumber, options });
      },
    });
  } catch (error) {
    throw uncarried(error);
  }
}

async function waitBeforeNextTry(failed: {
  error: unknown;
  attempt: number;
  options: RetryOptions;
}): Promise<void> {
  const { error, attempt, options } = failed;
  const { schedule, signal, shouldRetry = canRetry, random = Math.random } = options;
  const delayMs = schedule[attempt - 1];
  if (delayMs === undefined || signal?.aborted === true || !shouldRetry(error)) {
    options.onFailure?.({ error, attempt });
    signal?.throwIfAborted();
    throw error;
  }
  const retryInMs = withJitter(delayMs, random);
  options.onFailure?.({ error, attempt, retryInMs });
  await (options.clock ?? systemClock).sleep(retryInMs, signal);
}

/** Carries what was thrown past the library, which has rules of its own for some kinds of errors. */
class Carried extends Error {
  constructor(thrown: unknown) {
    super('a try failed', { cause: thrown });
  }
}

async function carried<T>(work: (attempt: number) => Promise<T>, attempt: number): Promise<T> {
  try {
    return await work(attempt);
  } catch (error) {
    throw new Carried(error);
  }
}

function uncarried(error: unknown): unknown {
  return error instanceof Carried ? error.cause : error;
}
