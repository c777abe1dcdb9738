import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { TickwrightError } from '@tickwright/runtime';
import type { Service } from '@tickwright/runtime';

/** What a child may take to drain; the launcher itself promises 5 s in all. */
const KILL_AFTER_MS = 4_500;

/** A process that the launcher started has ended unasked. */
export class ChildEndedError extends TickwrightError {
  constructor(options: { name: string; code: number | null; signal: string | null }) {
    const how = options.signal === null ? `with exit code ${options.code}` : `by ${options.signal}`;
    const exitCode = options.code ?? 1;
    // A wrong configuration, a held lock or a taken port stay as they are, however often it is tried.
    const canRetry = options.signal !== null || ![2, 3, 4, 5].includes(exitCode);
    super(`the ${options.name} process ended ${how}; what it said last stands above`, {
      code: 'child-ended',
      canRetry,
      exitCode,
    });
  }
}

export interface ChildOptions {
  readonly name: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly onUp: (addresses: Readonly<Record<string, string>>) => void;
}

/** One command of ours as a process of its own, kept by the supervisor; it ends with the launcher. */
export function childService(options: ChildOptions): Service {
  let child: Child | undefined;
  return {
    name: options.name,
    async start(signal) {
      const starting = launch(options);
      child = starting;
      // Ends that nobody waits for yet are seen by `run`.
      starting.ended.catch(() => undefined);
      try {
        await Promise.race([starting.up, starting.ended, aborted(signal)]);
      } catch (error) {
        // A stop may come before the child is up: it must not outlive us.
        await starting.stop();
        throw error;
      }
    },
    async run() {
      await child?.ended;
    },
    async drain() {
      await child?.stop();
    },
  };
}

interface Child {
  /** Resolves when it says that it is up. */
  readonly up: Promise<void>;
  /** Resolves when it ended because it was stopped; rejects when it ended for another reason. */
  readonly ended: Promise<void>;
  stop(): Promise<void>;
}

function launch(options: ChildOptions): Child {
  const child = spawnSelf(options);
  let isStopping = false;
  const up = new Promise<void>((resolve) => {
    child.on('message', (message) => {
      if (!isUpMessage(message)) return;
      options.onUp(message.addresses);
      resolve();
    });
  });
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject);
    child.on('exit', (code, signal) => {
      if (isStopping) resolve();
      else reject(new ChildEndedError({ name: options.name, code, signal }));
    });
  });
  return {
    up,
    ended,
    async stop() {
      isStopping = true;
      if (child.exitCode !== null || child.signalCode !== null) return;
      child.kill('SIGTERM');
      const timer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
      await ended.catch(() => undefined);
      clearTimeout(timer);
    },
  };
}

/** As in the command's first line, which a start by path passes over. */
const NODE_FLAGS = ['--max-semi-space-size=64'];

function spawnSelf(options: ChildOptions): ChildProcess {
  const bin = fileURLToPath(new URL('../bin/tickwright.cjs', import.meta.url));
  return spawn(process.execPath, [...NODE_FLAGS, bin, ...options.args], {
    env: options.env,
    stdio: ['ignore', 'inherit', 'inherit', 'ipc'],
    // A group of its own: Ctrl-C in a terminal reaches the launcher alone, which then ends its children in order.
    detached: true,
  });
}

function isUpMessage(message: unknown): message is { type: 'up'; addresses: Record<string, string> } {
  return typeof message === 'object' && message !== null && 'type' in message && message.type === 'up';
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  });
}
