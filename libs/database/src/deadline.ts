import type { Clock } from '@tickwright/runtime';

/** A signal that aborts when the time is up or when the caller's signal does, with a reason that says which. */
export interface Deadline {
  readonly signal: AbortSignal;
  /** Aborts it before its time. */
  cancel(reason: Error): void;
  /** Ends the waiting. Call it when the work has ended. */
  end(): void;
}

export function startDeadline(options: {
  readonly clock: Clock;
  readonly deadlineMs: number;
  readonly signal: AbortSignal | undefined;
  readonly reason: () => Error;
  readonly onEnd: () => void;
}): Deadline {
  const { clock, deadlineMs, signal, reason } = options;
  const controller = new AbortController();
  const ended = new AbortController();
  const onAbort = (): void => {
    controller.abort(signal?.reason);
  };
  if (signal?.aborted === true) onAbort();
  signal?.addEventListener('abort', onAbort, { once: true });
  const expire = async (): Promise<void> => {
    try {
      await clock.sleep(deadlineMs, ended.signal);
    } catch {
      // The work ended before its deadline.
      return;
    }
    controller.abort(reason());
  };
  void expire();
  return {
    signal: controller.signal,
    cancel: (why) => {
      controller.abort(why);
    },
    end: () => {
      options.onEnd();
      signal?.removeEventListener('abort', onAbort);
      ended.abort(new Error('the work has ended'));
    },
  };
}
