import { TickwrightError } from '@tickwright/runtime';
import type { MinuteSpan, VenueCoverage } from '@tickwright/store';
import type { Core } from '../core.ts';

/** The tick file takes nothing just now: nothing may be called covered, and nothing missing. */
export class CoverageUnknownError extends TickwrightError {
  override readonly name = 'CoverageUnknownError';
}

/**
 * What the venue has told of each minute of a span, by all answers that were journaled up to now: they are stored first.
 * Errors: CoverageUnknownError.
 */
export async function venueCoverage(
  core: Core,
  asked: MinuteSpan & { readonly instrument: string; readonly signal?: AbortSignal },
): Promise<VenueCoverage> {
  const { signal, ...span } = asked;
  const offset = core.pipeline.settle();
  // Twice: a flush that ran when it was asked for does not contain the newest frames.
  await core.flusher.flush(signal);
  if (core.tickFile.appliedOffset < offset) await core.flusher.flush(signal);
  if (core.tickFile.appliedOffset < offset) {
    const why = core.flusher.health.lastError ?? 'the tick file is behind';
    throw new CoverageUnknownError(
      `what the venue told of ${span.instrument} is journaled and not stored yet (${why}); ask again later`,
      { code: 'coverage-unknown', canRetry: true },
    );
  }
  return core.tickFile.venueCoverage(span);
}
