/** setTimeout keeps its delay in 31 bits and fires at once beyond; such a sleep is a mistake here, never a wish. */
const MAX_SLEEP_MS = 2 ** 31 - 1;

/**
 * Waits on a real timer. Rejects with the signal's own reason when aborted (node:timers/promises would hide it in a
 * cause). Throws a RangeError for a time that is negative, not a number, or beyond 24 days.
 */
export async function sleepOnTimers(ms: number, signal?: AbortSignal): Promise<void> {
  if (!(ms >= 0 && ms <= MAX_SLEEP_MS)) throw new RangeError(`cannot sleep for ${ms} ms`);
  signal?.throwIfAborted();
  await new Promise<void>((resolve, reject) => {
    const timer = setTimeout(() => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    }, ms);
    function onAbort(): void {
      clearTimeout(timer);
      reject(signal?.reason);
    }
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}
