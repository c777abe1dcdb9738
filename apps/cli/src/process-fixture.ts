import { spawn } from 'node:child_process';
import type { ChildProcess, StdioOptions } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer } from 'node:net';
import type { Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** The built command, as users run it. */
export const BIN = fileURLToPath(new URL('../bin/tickwright.cjs', import.meta.url));
const LIMIT_MS = 30_000;

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** A running command; its output is kept. */
export class Command {
  readonly child: ChildProcess;
  readonly ended: Promise<Ended>;
  stdout = '';
  stderr = '';

  constructor(argv: readonly string[], options: { program?: string; stdio?: StdioOptions } = {}) {
    const { program = process.execPath, stdio = ['ignore', 'pipe', 'pipe'] } = options;
    this.child = spawn(program, argv, { stdio, env: { ...process.env, NO_COLOR: '1' } });
    this.child.stdout?.setEncoding('utf8').on('data', (text: string) => (this.stdout += text));
    this.child.stderr?.setEncoding('utf8').on('data', (text: string) => (this.stderr += text));
    this.ended = new Promise((resolve) => {
      this.child.on('close', (code) => resolve({ code, stdout: this.stdout, stderr: this.stderr }));
    });
    running.add(this);
    void this.ended.then(() => running.delete(this));
  }
}

const running = new Set<Command>();

export function start(...argv: readonly string[]): Command {
  return new Command([BIN, ...argv]);
}

/** Runs a command to its end. */
export function tickwright(...argv: readonly string[]): Promise<Ended> {
  return start(...argv).ended;
}

/** Ends what a failed test left running. A launcher that is killed takes its children with it. */
export async function endAll(): Promise<void> {
  for (const { child } of running) child.kill('SIGKILL');
  await Promise.all([...running].map(({ ended }) => ended));
}

/** Asks until there is an answer. */
export async function eventually<T>(
  what: string,
  ask: () => T | undefined | Promise<T | undefined>,
  limitMs = LIMIT_MS,
): Promise<T> {
  const endMs = performance.now() + limitMs;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (performance.now() > endMs) throw new Error(`waited in vain for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

/** A port that is taken until the server is closed. */
export async function takenPort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('a server without a port');
  return { server, port: address.port };
}

/** So many ports that were free a moment ago. */
export async function freePorts(count: number): Promise<number[]> {
  const taken = await Promise.all(Array.from({ length: count }, takenPort));
  await Promise.all(taken.map(({ server }) => new Promise((resolve) => server.close(resolve))));
  return taken.map(({ port }) => port);
}

export interface Folder extends AsyncDisposable {
  readonly path: string;
}

export async function temporaryFolder(): Promise<Folder> {
  const path = await mkdtemp(join(tmpdir(), 'tickwright-cli-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true, force: true }) };
}

const FIRST_MS = Date.parse('2024-08-09T00:00:00Z');
const NANOS = '005000000';

/** Lines of a recording in Binance's combined trade format: one trade a second from midnight, ids from 1000 on. */
export function recordedTrades(count: number): string[] {
  return Array.from({ length: count }, (_, index) => {
    const timeMs = FIRST_MS + index * 1_000;
    const data = {
      e: 'trade',
      E: timeMs + 1,
      s: 'BTCUSDT',
      t: 1_000 + index,
      p: (60_000 + index / 100).toFixed(8),
      q: '0.01000000',
      T: timeMs,
      m: index % 2 === 0,
      M: true,
    };
    return `${timeMs / 1_000}${NANOS} ${JSON.stringify({ stream: 'btcusdt@trade', data })}`;
  });
}
