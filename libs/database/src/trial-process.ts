import { spawn } from 'node:child_process';
import { createRequire } from 'node:module';

const OUTPUT_MAX = 4_000_000;
const MESSAGE_MAX = 4_000;

/** How a trial in a child process ended. */
export interface TrialEnd {
  /** Exit code, the signal that ended it, or `deadline`. */
  readonly code: number | string;
  readonly stdout: string;
  readonly message: string;
}

/**
 * Runs a script with the engine in a child process, so that a crash in native code ends that one. The script finds the
 * engine's module in `process.argv[1]` and the arguments behind it.
 */
export async function runTrial(
  script: string,
  args: readonly string[],
  deadlineMs = 600_000,
): Promise<TrialEnd> {
  const engine = createRequire(import.meta.url).resolve('@duckdb/node-api');
  const child = spawn(process.execPath, ['-e', script, engine, ...args], {
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let [stdout, message, isLate] = ['', '', false];
  child.stdout.setEncoding('utf8').on('data', (text: string) => {
    if (stdout.length < OUTPUT_MAX) stdout += text;
  });
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    if (message.length < MESSAGE_MAX) message += text;
  });
  const timer = setTimeout(() => {
    isLate = true;
    child.kill('SIGKILL');
  }, deadlineMs);
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('close', (code, signal) => {
      clearTimeout(timer);
      const ended = isLate ? 'deadline' : (code ?? signal ?? 'unknown');
      resolve({ code: ended, stdout, message: message.trim() });
    });
  });
}
