import { spawn } from 'node:child_process';
import { TickwrightError } from '@tickwright/runtime';

/** Stands for the backup's folder in a configured command. */
export const FOLDER_PLACE = '{folder}';
const OUTPUT_MAX = 4_000;
/** A command that does not end when it is asked to is ended after this time. */
const KILL_AFTER_MS = 5_000;

/** The command that copies a backup elsewhere failed; the backup itself is whole, and the next one runs it again. */
export class RemoteCopyError extends TickwrightError {
  readonly output: string;

  constructor(message: string, output: string, cause?: unknown) {
    super(message, { code: 'backup-command', canRetry: true, cause });
    this.output = output;
  }
}

export interface RemoteCopyOptions {
  /** A program and its arguments, run without a shell; `{folder}` in them is the folder, which else is added as the last. */
  readonly command: readonly string[];
  readonly folder: string;
  readonly timeoutMs: number;
  readonly signal?: AbortSignal;
}

/** Runs the command on a finished backup. Gives the end of what it printed. Errors: RemoteCopyError. */
export async function copyRemotely(options: RemoteCopyOptions): Promise<string> {
  const { folder, timeoutMs, signal } = options;
  const [program = '', ...args] = argumentsOf(options.command, folder);
  const timeout = AbortSignal.timeout(timeoutMs);
  const stop = signal === undefined ? timeout : AbortSignal.any([timeout, signal]);
  const child = spawn(program, args, { stdio: ['ignore', 'pipe', 'pipe'] });
  let output = '';
  const keep = (text: string): void => {
    output = (output + text).slice(-OUTPUT_MAX);
  };
  child.stdout.setEncoding('utf8').on('data', keep);
  child.stderr.setEncoding('utf8').on('data', keep);
  let killer: NodeJS.Timeout | undefined;
  const end = (): void => {
    child.kill('SIGTERM');
    killer = setTimeout(() => child.kill('SIGKILL'), KILL_AFTER_MS);
  };
  stop.addEventListener('abort', end, { once: true });
  if (stop.aborted) end();
  try {
    const ended = await new Promise<string>((resolve, reject) => {
      child.once('error', reject);
      // Its end, not that of its output: something it left running may hold that open.
      child.once('exit', (code, by) => resolve(by === null ? `exit code ${code}` : by));
    });
    if (timeout.aborted) throw failed(program, `it took longer than ${timeoutMs / 1_000} s`, output);
    if (ended !== 'exit code 0') throw failed(program, `it ended with ${ended}`, output);
    return output;
  } catch (error) {
    if (error instanceof RemoteCopyError) throw error;
    throw failed(program, error instanceof Error ? error.message : String(error), output, error);
  } finally {
    clearTimeout(killer);
    stop.removeEventListener('abort', end);
    child.stdout.destroy();
    child.stderr.destroy();
  }
}

function argumentsOf(command: readonly string[], folder: string): string[] {
  const isPlaced = command.some((part) => part.includes(FOLDER_PLACE));
  return isPlaced ? command.map((part) => part.replaceAll(FOLDER_PLACE, folder)) : [...command, folder];
}

function failed(program: string, found: string, output: string, cause?: unknown): RemoteCopyError {
  return new RemoteCopyError(
    `the configured command ${program} did not copy the backup: ${found}; the backup is whole, and the next one is copied again`,
    output,
    cause,
  );
}
