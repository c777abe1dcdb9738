import { join } from 'node:path';
import { parentPort, workerData } from 'node:worker_threads';
import { addCalendarDays } from '@tickwright/market';
import { LogFiles, TickwrightError, createLog, systemClock } from '@tickwright/runtime';
import { run } from '../run.ts';
import { STOP } from './thread-message.ts';
import type { ThreadData, ThreadMessage } from './thread-message.ts';

// The runner as a thread of another process: what it is to do comes as data, its end as a message.
const { config, version, pages, isLogFiled } = workerData as ThreadData;
// A thread has modules of its own.
addCalendarDays(config.calendars);
const port = parentPort;
const stopping = new AbortController();
const tell = (message: ThreadMessage): void => port?.postMessage(message);
port?.on('message', (message: unknown) => {
  if (message === STOP)
    stopping.abort(new TickwrightError('the runner was told to end', { code: 'stopped' }));
});

const { fileBytes, files: kept, level } = config.log;
const files = isLogFiled
  ? new LogFiles({ folder: join(config.dataDir, 'runner', 'log'), fileBytes, files: kept })
  : undefined;
const log = createLog({ name: 'runner', level, ...(files === undefined ? {} : { files }) });

try {
  await run({
    config,
    version,
    clock: systemClock,
    log,
    signal: stopping.signal,
    // The process must end, not this thread alone: its parent does it.
    abandon: (error) => tell({ type: 'abandon', ...described(error) }),
    ...(pages === undefined ? {} : { pages }),
    onUp: (addresses) => tell({ type: 'up', addresses }),
  });
} catch (error) {
  tell({ type: 'failed', ...described(error) });
} finally {
  await files?.close();
  port?.close();
}

function described(error: unknown): Omit<Extract<ThreadMessage, { type: 'failed' | 'abandon' }>, 'type'> {
  const message = error instanceof Error ? error.message : String(error);
  if (!(error instanceof TickwrightError))
    return { message, code: 'runner-thread', exitCode: 1, canRetry: true };
  return { message, code: error.code, exitCode: error.exitCode, canRetry: error.canRetry };
}
