import { Worker } from 'node:worker_threads';
import { TickwrightError } from '@tickwright/runtime';
import type { Service } from '@tickwright/runtime';
import { STOP } from './thread-message.ts';
import type { ThreadData, ThreadMessage } from './thread-message.ts';

/** A thread that does not end by itself within this, because a strategy does not return, say, is ended. */
const END_MAX_MS = 4_000;

export interface RunnerThreadOptions extends ThreadData {
  readonly onUp: (addresses: { readonly runner: string }) => void;
  /** The process must end at once: going on could do harm to stored data. */
  readonly onAbandon: (error: TickwrightError) => void;
}

/**
 * The runner as a thread of this process, as a service: started again when it fails. Whatever its strategies do, the
 * event loop of this thread is not theirs.
 */
export function runnerThread(options: RunnerThreadOptions): Service {
  let worker: Worker | undefined;
  let ended: Promise<void> = Promise.resolve();
  let isStopping = false;
  const { onUp, onAbandon, ...data } = options;
  return {
    name: 'runner thread',
    start(signal) {
      const started = new Worker(new URL('./thread-main.js', import.meta.url), { workerData: data });
      worker = started;
      let failure: TickwrightError | undefined;
      return new Promise<void>((resolve, reject) => {
        signal.addEventListener('abort', () => reject(signal.reason), { once: true });
        started.on('message', (message: ThreadMessage) => {
          if (message.type === 'up') {
            onUp(message.addresses);
            resolve();
            return;
          }
          const { message: text, code, exitCode, canRetry } = message;
          const error = new TickwrightError(text, { code, exitCode, canRetry });
          if (message.type === 'abandon') onAbandon(error);
          else failure = error;
        });
        ended = new Promise<void>((done, fail) => {
          started.on('error', (error) => {
            failure ??= new TickwrightError(`the runner's thread failed: ${String(error)}`, {
              code: 'runner-thread',
              canRetry: true,
              cause: error,
            });
          });
          started.on('exit', () => {
            if (isStopping && failure === undefined) return done();
            fail(
              failure ??
                new TickwrightError("the runner's thread ended unasked", {
                  code: 'runner-thread',
                  canRetry: true,
                }),
            );
          });
        });
        ended.catch(reject);
      });
    },
    run: () => ended,
    async drain() {
      isStopping = true;
      worker?.postMessage(STOP, []);
      const timer = setTimeout(() => void worker?.terminate(), END_MAX_MS);
      await ended.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}
