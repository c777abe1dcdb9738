import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { createRequire } from 'node:module';
import { Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { TRIAL_SCRIPT } from './trial-script.ts';

/** A process that has nothing more to try waits so long for the next trial: a start and a repair have several. */
const KEPT_MS = 5_000;
const MESSAGE_MAX = 4_000;
const EXIT_CODE_MAX = 255;

/** How trials in a child process ended. */
export interface TrialEnd {
  /** What was told of each, in order; fewer than were asked for when the process ended over one of them. */
  readonly answers: readonly unknown[];
  /** Exit code, the signal that ended it, or `deadline`; undefined while it lives. */
  readonly code: number | string | undefined;
  readonly message: string;
  /** The engine ended it, or its time was up: what it was doing is to blame, and not that it could not be run. */
  readonly isCrash: boolean;
}

// Each does one run of trials at a time; these wait for the next.
const idle = new Set<TrialProcess>();

/**
 * Runs trials with the engine in a child process, so that a crash in native code ends that one. Starting one takes longer
 * than most trials, so that it is kept for a moment.
 */
export async function runTrials(trials: readonly object[], deadlineMs = 600_000): Promise<TrialEnd> {
  const [kept] = idle;
  if (kept !== undefined) {
    idle.delete(kept);
    const end = await kept.run(trials, deadlineMs);
    // It may have been ended from outside while it waited: what these trials do to a process, a new one tells.
    if (end.answers.length > 0 || end.code === 'deadline') return end;
  }
  return new TrialProcess().run(trials, deadlineMs);
}

class TrialProcess {
  readonly #child: ChildProcess;
  readonly #streams: readonly unknown[];
  #message = '';
  #code: number | string | undefined;
  #error: Error | undefined;
  /** Of the run under way. */
  #answers: unknown[] = [];
  #finish: () => void = () => undefined;
  #ending: NodeJS.Timeout | undefined;

  constructor() {
    const engine = createRequire(import.meta.url).resolve('@duckdb/node-api');
    // Without an environment: NODE_OPTIONS that are for us (a debugger, a preloaded module) could end or hold up the child.
    const child = spawn(process.execPath, ['-e', TRIAL_SCRIPT, engine], {
      stdio: ['pipe', 'pipe', 'pipe'],
      env: {},
    });
    this.#child = child;
    this.#streams = [child.stdin, child.stdout, child.stderr];
    // It may end before it has read: its end tells.
    child.stdin.on('error', () => undefined);
    createInterface({ input: child.stdout }).on('line', (line) => this.#told(JSON.parse(line)));
    child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#message.length < MESSAGE_MAX) this.#message += text;
    });
    child.once('error', (error) => this.#ended(error, 1));
    child.once('close', (code, signal) => this.#ended(undefined, code ?? signal ?? 'unknown'));
  }

  async run(trials: readonly object[], deadlineMs: number): Promise<TrialEnd> {
    clearTimeout(this.#ending);
    this.#hold();
    this.#answers = [];
    const finished = new Promise<void>((resolve) => (this.#finish = resolve));
    const timer = setTimeout(() => {
      this.#code = 'deadline';
      this.#child.kill('SIGKILL');
    }, deadlineMs);
    this.#child.stdin?.write(`${JSON.stringify(trials)}\n`);
    if (this.#code === undefined) await finished;
    clearTimeout(timer);
    const [answers, code, message] = [this.#answers, this.#code, this.#message.trim()];
    if (this.#error !== undefined) return { answers, code, message: this.#error.message, isCrash: false };
    // A signal ended it; on Windows a crash is a number beyond those of exits.
    return { answers, code, message, isCrash: typeof code === 'string' || (code ?? 0) > EXIT_CODE_MAX };
  }

  #told(answer: { isSpent?: boolean }): void {
    if (answer.isSpent === undefined) {
      this.#answers.push(answer);
      return;
    }
    // The end of a run. A process that is not to be used again ends before its files are opened elsewhere.
    if (answer.isSpent) {
      this.#child.stdin?.end();
      return;
    }
    idle.add(this);
    this.#ending = setTimeout(() => {
      idle.delete(this);
      this.#child.stdin?.end();
    }, KEPT_MS);
    this.#letGo();
    this.#finish();
  }

  #ended(error: Error | undefined, code: number | string): void {
    clearTimeout(this.#ending);
    idle.delete(this);
    this.#error = error;
    this.#code ??= code;
    this.#finish();
  }

  /** While it waits it does not keep us alive; it ends when we do. */
  #letGo(): void {
    this.#ending?.unref();
    this.#child.unref();
    for (const stream of this.#streams) if (stream instanceof Socket) stream.unref();
  }

  #hold(): void {
    this.#child.ref();
    for (const stream of this.#streams) if (stream instanceof Socket) stream.ref();
  }
}
