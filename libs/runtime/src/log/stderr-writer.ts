import { fstatSync, writeSync } from 'node:fs';
import { Socket } from 'node:net';

const STDERR = 2;
/** Lines wait in memory while the other end of stderr does not read; beyond this new ones are dropped and counted. */
const MAX_WAITING_BYTES = 4 * 1024 * 1024;
/** A full pipe is tried again this often. */
const RETRY_MS = 10;

let shared: StderrWriter | undefined;

/** The one writer of this thread: two would tear each other's lines apart. */
export function stderrWriter(): StderrWriter {
  shared ??= new StderrWriter();
  return shared;
}

/**
 * Writes lines to stderr without ever blocking: what a reader that has stopped reading does not take waits in memory,
 * and neither ingestion nor the end of the process waits for it. As long as there is room, a line is out when `write`
 * returns, so that a crash loses none. When the reader has gone, lines are thrown away.
 */
class StderrWriter {
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #retry: NodeJS.Timeout | undefined;
  #isGone = false;

  constructor() {
    const stat = fstatSync(STDERR);
    // Opening the pipe as a socket makes its writes fail with EAGAIN instead of blocking; nothing else is done with it.
    const isPipe = stat.isFIFO() || stat.isSocket();
    if (isPipe && process.platform !== 'win32')
      new Socket({ fd: STDERR, readable: false, writable: true }).unref();
  }

  write(line: string): void {
    if (this.#isGone) return;
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) {
      this.#dropped += 1;
      return;
    }
    this.#add(bytes);
    if (this.#retry === undefined) this.flush();
  }

  /** Writes what the other end takes at this moment. */
  flush(): void {
    clearTimeout(this.#retry);
    this.#retry = undefined;
    this.#writeWaiting();
    if (this.#waiting.length === 0 && this.#dropped > 0) {
      this.#add(
        Buffer.from(
          `{"level":"warn","dropped":${this.#dropped},"msg":"stderr was not read, lines are missing"}\n`,
        ),
      );
      this.#dropped = 0;
      this.#writeWaiting();
    }
    if (this.#waiting.length > 0) {
      this.#retry = setTimeout(() => {
        this.flush();
      }, RETRY_MS).unref();
    }
  }

  #add(bytes: Buffer): void {
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
  }

  #writeWaiting(): void {
    for (let [head] = this.#waiting; head !== undefined; [head] = this.#waiting) {
      const written = this.#tryToWrite(head);
      this.#waitingBytes -= written;
      if (written < head.length) {
        if (this.#waiting.length > 0) this.#waiting[0] = head.subarray(written);
        return;
      }
      this.#waiting.shift();
    }
  }

  /** The number of bytes that went out; none when the pipe is full or its reader gone. */
  #tryToWrite(bytes: Buffer): number {
    try {
      return writeSync(STDERR, bytes);
    } catch (error) {
      const code = (error as NodeJS.ErrnoException).code;
      // A full disk behind a redirected stderr may have room again; a closed pipe never comes back.
      if (code !== 'EAGAIN' && code !== 'ENOSPC') this.#giveUp();
      return 0;
    }
  }

  #giveUp(): void {
    this.#isGone = true;
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
    this.#dropped = 0;
  }
}
