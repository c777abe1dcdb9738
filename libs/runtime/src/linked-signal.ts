import { setMaxListeners } from 'node:events';

/** A signal that is aborted when one of others is, until it is disposed of. */
export interface LinkedSignal extends Disposable {
  readonly signal: AbortSignal;
  /** Aborts it alone. */
  abort(): void;
}

/**
 * Aborted with the reason of the first of the signals that is, and never after it was disposed of. `AbortSignal.any` leaves a
 * reference behind in each of its signals with every call: in one that lives as long as the process, and is asked some
 * times a second, these are tens of megabytes a day.
 */
export function linkedSignal(...signals: readonly AbortSignal[]): LinkedSignal {
  const own = new AbortController();
  const links = signals.map((signal) => {
    // A dozen workers wait on one signal, and let go of it: Node would tell its user on stderr that this may be a leak.
    setMaxListeners(0, signal);
    const follow = (): void => own.abort(signal.reason);
    if (signal.aborted) follow();
    else signal.addEventListener('abort', follow, { once: true });
    return () => signal.removeEventListener('abort', follow);
  });
  return {
    signal: own.signal,
    abort: () => own.abort(),
    [Symbol.dispose]: () => {
      for (const unlink of links) unlink();
    },
  };
}
