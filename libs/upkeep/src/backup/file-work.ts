import { spawn } from 'node:child_process';
import type { ChildProcessWithoutNullStreams } from 'node:child_process';
import { createInterface } from 'node:readline';
import { BackupError } from './backup-errors.ts';

/** A file as it is on disk. */
export interface FileDigest {
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
}

interface Task {
  /** Copied first, content, times and mode, where the platform can by sharing blocks. */
  readonly from?: string;
  readonly path: string;
  /** Whether the content is made durable. */
  readonly sync: boolean;
}

interface Pending {
  readonly path: string;
  readonly resolve: (digest: FileDigest) => void;
  readonly reject: (error: Error) => void;
}

const STDERR_MAX = 2_000;

// Ends with its input, so also when we are killed. Synchronous: one task after the other, and no event loop to hold up.
const PROGRAM = `
const fs = require('node:fs');
const { createHash } = require('node:crypto');
const buffer = Buffer.allocUnsafe(1 << 20);
function work({ from, path, sync }) {
  if (from !== undefined) {
    fs.copyFileSync(from, path, fs.constants.COPYFILE_FICLONE);
    const { atime, mtime } = fs.statSync(from);
    fs.utimesSync(path, atime, mtime);
  }
  const file = fs.openSync(path, sync ? 'r+' : 'r');
  try {
    const hash = createHash('sha256');
    let bytes = 0;
    for (let read = 1; read > 0; bytes += read) {
      read = fs.readSync(file, buffer, 0, buffer.length, null);
      hash.update(buffer.subarray(0, read));
    }
    if (sync) fs.fsyncSync(file);
    return { bytes, sha256: hash.digest('hex') };
  } finally {
    fs.closeSync(file);
  }
}
require('node:readline').createInterface({ input: process.stdin }).on('line', (line) => {
  let answer;
  try {
    answer = work(JSON.parse(line));
  } catch (error) {
    answer = { error: error.message };
  }
  fs.writeSync(1, JSON.stringify(answer) + '\\n');
});`;

/**
 * Copies and sums files in a child process, one after the other. Not in ours: opening a database file here would drop
 * its lock, and summing gigabytes would hold up the event loop.
 */
export class FileWork implements AsyncDisposable {
  readonly #child: ChildProcessWithoutNullStreams;
  readonly #pending: Pending[] = [];
  readonly #ended: Promise<void>;
  #end: Error | undefined;
  #stderr = '';

  constructor() {
    this.#child = spawn(process.execPath, ['-e', PROGRAM], { stdio: 'pipe' });
    this.#child.stdin.on('error', () => undefined);
    this.#child.stderr.setEncoding('utf8').on('data', (text: string) => {
      if (this.#stderr.length < STDERR_MAX) this.#stderr += text;
    });
    createInterface({ input: this.#child.stdout }).on('line', (line) => this.#answered(line));
    this.#ended = new Promise((resolve) => {
      this.#child.once('error', (error) => this.#failed(error.message, resolve));
      this.#child.once('close', (code, signal) => {
        this.#failed(`its process ended with ${code ?? signal}: ${this.#stderr.trim()}`, resolve);
      });
    });
  }

  /** The digest of a file; with `sync` its content is durable then. */
  digest(path: string, options: { readonly sync: boolean }): Promise<FileDigest> {
    return this.#ask({ path, sync: options.sync });
  }

  /** Copies a file and makes the copy durable. `signal`: the source is no longer worth copying. */
  async copy(files: { from: string; to: string; signal?: AbortSignal }): Promise<FileDigest> {
    const { from, to, signal } = files;
    const stop = (): void => this.stop(signal?.reason);
    signal?.throwIfAborted();
    signal?.addEventListener('abort', stop, { once: true });
    try {
      return await this.#ask({ from, path: to, sync: true });
    } finally {
      signal?.removeEventListener('abort', stop);
    }
  }

  /** Ends the process; what is asked of it fails with this reason. */
  stop(reason: unknown): void {
    this.#end ??= reason instanceof Error ? reason : new BackupError(String(reason));
    this.#child.kill('SIGKILL');
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#child.stdin.end();
    await this.#ended;
  }

  #ask(task: Task): Promise<FileDigest> {
    if (this.#end !== undefined) return Promise.reject(this.#end);
    return new Promise((resolve, reject) => {
      this.#pending.push({ path: task.path, resolve, reject });
      this.#child.stdin.write(`${JSON.stringify(task)}\n`);
    });
  }

  #answered(line: string): void {
    const answer = JSON.parse(line) as FileDigest | { readonly error: string };
    const pending = this.#pending.shift();
    if (pending === undefined) return;
    if ('error' in answer) pending.reject(failure(pending.path, answer.error));
    else pending.resolve(answer);
  }

  #failed(found: string, done: () => void): void {
    for (const { path, reject } of this.#pending.splice(0)) reject(this.#end ?? failure(path, found));
    this.#end ??= new BackupError(found);
    done();
  }
}

function failure(path: string, found: string): BackupError {
  return new BackupError(`could not copy or read ${path}: ${found}. Check the disk and its permissions`, {
    canRetry: true,
  });
}
