import { TickwrightError } from '@tickwright/runtime';
import type { MinuteSpan, VenueCoverage } from '@tickwright/store';
import type { Core } from '../core.ts';

/**
 * What the venue has told of each minute of a span, by all answers that were journaled up to now: they are stored first.
 * Rejects, with an error that can be retried, while the tick file takes nothing: then nothing may be called covered.
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
    throw new TickwrightError(
      `what the venue told of ${span.instrument} is journaled and not stored yet (${core.flusher.health.lastError ?? 'the tick file is behind'}); ask again later`,
      { code: 'coverage-unknown', canRetry: true },
    );
  }
  return core.tickFile.venueCoverage(span);
}
