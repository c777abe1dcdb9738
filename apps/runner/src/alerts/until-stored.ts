import { backoff } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';

const RETRY = { minMs: 500, maxMs: 5_000 };

/**
 * Stores something in the ledger however long it takes nothing, as on a full disk: an alert is not given up for that.
 * Rejects with the signal's reason alone.
 */
export async function untilStored(
  store: () => Promise<void>,
  { clock, log, signal }: { readonly clock: Clock; readonly log: Log; readonly signal: AbortSignal },
): Promise<void> {
  const waits = backoff(RETRY);
  for (let tries = 1; ; tries += 1) {
    signal.throwIfAborted();
    try {
      return await store();
    } catch (error) {
      if (tries === 1) log.warn({ error: String(error) }, 'the ledger takes no alerts; they wait');
      await clock.sleep(waits.nextMs(), signal);
    }
  }
}
