import { fork, spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** What children and parent say to each other over the IPC channel. */
export interface Message {
  readonly type: string;
}

const STOP_MS = 20_000;
const ANSWER_MS = 120_000;
/** Flags of a command by name, without their dashes; `true` for one without a value. */
export type Flags = Readonly<Record<string, string | number | true | readonly string[]>>;

/** Of what a process prints, the end is kept. */
const KEPT_CHARACTERS = 64_000;

const running = new Set<ChildProcess>();

/** For the end by a signal, which disposes of nothing. */
export function killChildren(): void {
  for (const child of running) child.kill('SIGKILL');
}

/** A process that a benchmark started; disposing ends it, and only it. */
export class Child implements AsyncDisposable {
  readonly #name: string;
  readonly #process: ChildProcess;
  readonly #exited: Promise<string>;
  readonly #unread: Message[] = [];
  #wake: () => void = () => {};
  #stdout = '';
  #stderr = '';
  #end: string | undefined;

  /** A script of this folder, run as we are run; its messages come over the IPC channel. */
  static script(file: string, args: readonly string[] = [], env: Record<string, string> = {}): Child {
    const path = fileURLToPath(new URL(file, import.meta.url));
    const child = fork(path, args, {
      env: { ...cleanEnv(), ...env },
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
    });
    return new Child(file, child);
  }

  /** The built product's command, as its users start it. */
  static command(name: string, flags: Flags, args: readonly string[] = []): Child {
    const bin = fileURLToPath(new URL('../../apps/cli/bin/tickwright.cjs', import.meta.url));
    const child = spawn(
      process.execPath,
      ['--max-semi-space-size=64', ...profilingFlags(), bin, name, ...args, ...flagList(flags)],
      {
        env: cleanEnv(),
        stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      },
    );
    return new Child(`tickwright ${name}`, child);
  }

  private constructor(name: string, child: ChildProcess) {
    this.#name = name;
    this.#process = child;
    running.add(child);
    child.stdout?.setEncoding('utf8').on('data', (text: string) => {
      this.#stdout = (this.#stdout + text).slice(-KEPT_CHARACTERS);
    });
    child.stderr?.setEncoding('utf8').on('data', (text: string) => {
      this.#stderr = (this.#stderr + text).slice(-KEPT_CHARACTERS);
    });
    child.on('message', (message) => {
      this.#unread.push(message as Message);
      this.#wake();
    });
    this.#exited = new Promise((resolve) => {
      const ended = (how: string): void => {
        this.#end ??= how;
        running.delete(child);
        this.#wake();
        resolve(how);
      };
      child.on('error', (error) => ended(error.message));
      child.on('close', (code, signal) => ended(signal === null ? `exit code ${code}` : signal));
    });
  }

  get pid(): number {
    return this.#process.pid ?? 0;
  }

  /** The next message of that type. Rejects when the process ends first, or takes too long. */
  async receive<T extends Message>(type: T['type'], timeoutMs = ANSWER_MS): Promise<T> {
    const untilMs = performance.now() + timeoutMs;
    for (;;) {
      const at = this.#unread.findIndex((message) => message.type === type);
      if (at >= 0) return this.#unread.splice(at, 1)[0] as T;
      if (this.#end !== undefined) throw new Error(`${this.#name} ended (${this.#end})\n${this.#stderr}`);
      const leftMs = untilMs - performance.now();
      if (leftMs <= 0)
        throw new Error(`${this.#name} did not say "${type}" in ${timeoutMs} ms\n${this.#stderr}`);
      await this.#news(leftMs);
    }
  }

  send<T extends Message>(message: T): void {
    this.#process.send(message);
  }

  ask<T extends Message, Q extends Message = Message>(
    question: Q,
    answer: T['type'],
    timeoutMs = ANSWER_MS,
  ): Promise<T> {
    this.#process.send(question);
    return this.receive<T>(answer, timeoutMs);
  }

  /** Waits for the end that the process comes to by itself; what it has printed. Rejects when it failed. */
  async finished(): Promise<string> {
    const how = await this.#exited;
    if (how !== 'exit code 0') throw new Error(`${this.#name} ended (${how})\n${this.#stderr}`);
    return this.#stdout;
  }

  /** Ends it in order; by force when it does not follow. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#end !== undefined) return;
    this.#process.kill('SIGTERM');
    const timer = setTimeout(() => this.#process.kill('SIGKILL'), STOP_MS);
    await this.#exited;
    clearTimeout(timer);
  }

  async #news(timeoutMs: number): Promise<void> {
    await new Promise<void>((resolve) => {
      const timer = setTimeout(resolve, timeoutMs);
      this.#wake = () => {
        clearTimeout(timer);
        resolve();
      };
    });
  }
}

function flagList(flags: Flags): string[] {
  return Object.entries(flags).flatMap(([name, value]) => {
    if (value === true) return [`--${name}`];
    const values = typeof value === 'object' ? value : [value];
    return values.flatMap((each) => [`--${name}`, String(each)]);
  });
}

/** Settings of whoever starts the benchmark must not change what is measured. */
function cleanEnv(): NodeJS.ProcessEnv {
  return Object.fromEntries(
    Object.entries(process.env).filter(
      ([name]) => !name.startsWith('TICKWRIGHT_') && name !== 'WSS_URL_BINANCE',
    ),
  );
}

/** `BENCH_PROFILE=DIR npm run bench -- throughput` leaves CPU profiles of the product there. */
function profilingFlags(): string[] {
  const directory = process.env['BENCH_PROFILE'];
  return directory === undefined ? [] : ['--cpu-prof', `--cpu-prof-dir=${directory}`];
}
