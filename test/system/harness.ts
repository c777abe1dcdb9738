import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { dirname, join, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The project's root. */
export const root = dirname(dirname(dirname(fileURLToPath(import.meta.url))));
const bin = join(root, 'apps/cli/bin/tickwright.cjs');

/** Where the recordings are, or undefined: a test that needs them is skipped by name then. */
export const recordings = ((): string | undefined => {
  const folder = process.env['TICKWRIGHT_RECORDINGS'] ?? resolve(root, '../shared/recordings');
  return existsSync(join(folder, 'README.md')) ? folder : undefined;
})();

export interface Ended {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A tickwright process. Its output is kept, so that a failing test can show it. */
export class Process {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  /** `under`: a command that runs the one that follows it, `nsenter -t 1 -m` for example. */
  constructor(
    args: readonly string[],
    env: Record<string, string> = {},
    { under = [], script = [bin] }: { under?: readonly string[]; script?: readonly string[] } = {},
  ) {
    const [file = process.execPath, ...rest] = [...under, process.execPath, ...script, ...args];
    this.child = spawn(file, rest, {
      cwd: root,
      env: { ...ownEnvironment(), NO_COLOR: '1', ...env },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((done) => {
      this.child.on('close', (code, signal) =>
        done({ code, signal, stdout: this.stdout, stderr: this.stderr }),
      );
    });
    running.add(this);
    void this.ended.then(() => running.delete(this));
  }

  kill(signal: NodeJS.Signals): void {
    this.child.kill(signal);
  }

  /** Waits until its stderr or stdout has matched. */
  async until(pattern: RegExp, limitMs = 30_000): Promise<RegExpExecArray> {
    return eventually(
      () => {
        const match = pattern.exec(this.stdout) ?? pattern.exec(this.stderr);
        if (match !== null) return match;
        if (this.child.exitCode !== null) throw new EndedEarly(this);
        return undefined;
      },
      { limitMs, what: `${pattern} in the output:\n${this.stdout}\n${this.stderr}` },
    );
  }
}

/** Ours without the settings of the tests, which are none of tickwright's. */
function ownEnvironment(): Record<string, string | undefined> {
  return Object.fromEntries(
    Object.entries(process.env).filter(([name]) => !name.startsWith('TICKWRIGHT_FAULT_')),
  );
}

class EndedEarly extends Error {
  constructor(ended: Process) {
    super(
      `ended with ${ended.child.exitCode} before it said what was waited for:\n${ended.stdout}\n${ended.stderr}`,
    );
  }
}

const running = new Set<Process>();
const folders: string[] = [];

/** Ends every process and removes every folder that tests made, unless they are kept to be looked at. For `afterEach`. */
export async function cleanUp({ isKept = false }: { isKept?: boolean } = {}): Promise<void> {
  for (const each of running) each.kill('SIGKILL');
  await Promise.all([...running].map((each) => each.ended));
  for (const folder of folders.splice(0)) {
    if (isKept) console.log(`kept: ${folder}`);
    else rmSync(folder, { recursive: true, force: true });
  }
}

export function temporaryFolder(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tickwright-'));
  folders.push(folder);
  return folder;
}

/** Runs a command to its end. */
export function tickwright(args: readonly string[], env?: Record<string, string>): Promise<Ended> {
  return new Process(args, env).ended;
}

/** Asks again until there is an answer; a condition to wait for, not a time. */
export async function eventually<T>(
  ask: () => T | undefined | Promise<T | undefined>,
  options: { readonly limitMs?: number; readonly what?: string | (() => string) } = {},
): Promise<T> {
  const endMs = Date.now() + (options.limitMs ?? 30_000);
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > endMs) {
      const what = typeof options.what === 'function' ? options.what() : options.what;
      throw new Error(`waited in vain for ${what ?? 'a condition'}`);
    }
    await new Promise((go) => setTimeout(go, 25));
  }
}

/** A port that was free a moment ago. */
export function freePort(): Promise<number> {
  return new Promise((done, fail) => {
    const server = createServer();
    server.on('error', fail);
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      const port = typeof address === 'object' && address !== null ? address.port : 0;
      server.close(() => done(port));
    });
  });
}
