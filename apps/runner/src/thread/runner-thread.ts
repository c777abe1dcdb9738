import { Worker } from 'node:worker_threads';
import { TickwrightError } from '@tickwright/runtime';
import type { Service } from '@tickwright/runtime';
import { STOP } from './thread-message.ts';
import type { ThreadData, ThreadMessage } from './thread-message.ts';

/** A thread that does not end by itself within this is stuck: a strategy does not return. */
const END_MAX_MS = 2_500;

export interface RunnerThreadOptions extends ThreadData {
  readonly onUp: (addresses: { readonly runner: string }) => void;
  /** It was told to end and does not: only the end of the process ends it. */
  readonly onStuck: () => void;
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
  const { onUp, onAbandon, onStuck: _onStuck, ...data } = options;
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
      const late = new Promise<'late'>((resolve) => {
        setTimeout(() => resolve('late'), END_MAX_MS).unref();
      });
      const end = await Promise.race([ended.catch(() => undefined), late]);
      // Not terminated: native libraries do not outlive that, and the process has its own things to bring to safety.
      if (end === 'late') options.onStuck();
    },
  };
}
