import type { JobRetry } from './job.ts';

/** How long to wait after the n-th failure: doubled each time, full jitter, never below the least. */
export function retryDelayMs(
  options: JobRetry & { readonly failures: number; readonly random: () => number },
): number {
  const { minDelayMs, maxDelayMs, failures, random } = options;
  const ceilingMs = Math.min(maxDelayMs, minDelayMs * 2 ** Math.min(failures, 40));
  return minDelayMs + random() * (ceilingMs - minDelayMs);
}
