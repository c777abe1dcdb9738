import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** The command was told to end before it was done. Its exit code is the one that shells give to a death by the signal. */
export class StoppedError extends TickwrightError {
  constructor(by: string, exitCode: number = ExitCode.failure) {
    super(`stopped by ${by}`, { code: 'stopped', exitCode });
  }
}

/** Work that only reads need not be waited for: it ends with the signal's reason as soon as there is one. */
export async function unlessStopped<T>(signal: AbortSignal, work: Promise<T>): Promise<T> {
  signal.throwIfAborted();
  return await new Promise<T>((resolve, reject) => {
    const stop = (): void => reject(signal.reason);
    signal.addEventListener('abort', stop, { once: true });
    work.then(resolve, reject).finally(() => signal.removeEventListener('abort', stop));
  });
}
