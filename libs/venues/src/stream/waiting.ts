import type { Clock } from '@tickwright/runtime';

/** Sleeps; false when the signal ended it before its time. Never rejects. */
export async function slept(clock: Clock, ms: number, signal: AbortSignal): Promise<boolean> {
  if (signal.aborted) return false;
  try {
    await clock.sleep(ms, signal);
    return !signal.aborted;
  } catch (error) {
    if (signal.aborted) return false;
    throw error;
  }
}

/** Acts after `ms`, unless the signal is aborted before. */
export async function after(
  ms: number,
  options: { clock: Clock; signal: AbortSignal; act: () => void },
): Promise<void> {
  if (await slept(options.clock, ms, options.signal)) options.act();
}

/** Resolves with the promise or when the signal is aborted, whichever is first; leaves no listener behind. */
export async function orAborted(promise: Promise<unknown>, signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const stopped = deferred<void>();
  const onAbort = (): void => stopped.resolve();
  signal.addEventListener('abort', onAbort, { once: true });
  try {
    await Promise.race([promise, stopped.promise]);
  } finally {
    signal.removeEventListener('abort', onAbort);
  }
}

/** A promise and its end, apart. */
export interface Deferred<T> {
  readonly promise: Promise<T>;
  resolve(value: T): void;
}

export function deferred<T>(): Deferred<T> {
  let resolve: (value: T) => void = () => {};
  const promise = new Promise<T>((settle) => {
    resolve = settle;
  });
  return { promise, resolve: (value) => resolve(value) };
}

/** Lets waiters through while open. */
export class Gate {
  #opened: Deferred<void> | undefined;

  get isOpen(): boolean {
    return this.#opened === undefined;
  }

  close(): void {
    this.#opened ??= deferred<void>();
  }

  open(): void {
    this.#opened?.resolve();
    this.#opened = undefined;
  }

  /** Resolves when open, or when the signal is aborted. */
  async pass(signal: AbortSignal): Promise<void> {
    if (this.#opened !== undefined) await orAborted(this.#opened.promise, signal);
  }
}
