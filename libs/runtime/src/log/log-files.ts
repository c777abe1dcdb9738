import { writeSync } from 'node:fs';
import { mkdir, open, readdir, rm } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';

/** Lines wait in memory while the disk takes none; beyond this new ones are dropped and counted. */
const MAX_WAITING_BYTES = 4 * 1_024 * 1_024;
/** What is written in one go at most. */
const BATCH_BYTES = 256 * 1_024;
const EXTENSION = '.ndjson';

export interface LogFilesOptions {
  /** Made when the first line is written. */
  readonly folder: string;
  /** A file is finished at this size. */
  readonly fileBytes: number;
  /** The newest so many files are kept, those of earlier processes among them. */
  readonly files: number;
}

/**
 * Writes lines to files of a folder, one after the other. Never blocks and never throws: a disk that is full, slow or
 * gone costs lines, which are counted and told in the file once it takes lines again.
 */
export class LogFiles {
  readonly #options: LogFilesOptions;
  readonly #waiting: Buffer[] = [];
  #waitingBytes = 0;
  #dropped = 0;
  #untold = 0;
  #file: FileHandle | undefined;
  #fileBytes = 0;
  #serial = 0;
  #isTorn = false;
  #running: Promise<void> | undefined;

  constructor(options: LogFilesOptions) {
    this.#options = options;
  }

  /** Lines that were dropped so far. */
  get dropped(): number {
    return this.#dropped;
  }

  /** Takes a whole line with its end. */
  write(line: string): void {
    const bytes = Buffer.from(line);
    if (this.#waitingBytes + bytes.length > MAX_WAITING_BYTES) return this.#drop(1);
    this.#waiting.push(bytes);
    this.#waitingBytes += bytes.length;
    this.#running ??= this.#run();
  }

  /** Writes what waits at once, for the moment before the process ends. */
  flushSync(): void {
    if (this.#file === undefined || this.#waiting.length === 0) return;
    try {
      writeSync(this.#file.fd, Buffer.concat(this.#waiting));
      this.#clear();
    } catch {
      // Nothing can be done about it any more.
    }
  }

  /** Resolves when what waits is written, or dropped; the file is closed. */
  async close(): Promise<void> {
    while (this.#running !== undefined) await this.#running;
    await this.#closeFile();
  }

  async #run(): Promise<void> {
    // What one turn of the event loop logs goes out together.
    await new Promise((resolve) => setImmediate(resolve));
    while (this.#waiting.length > 0) {
      const lines = this.#batch();
      try {
        await this.#append(lines);
      } catch {
        // The file stays: a new one for each failure would push the old ones out.
        this.#isTorn = true;
        this.#drop(lines.length);
      }
    }
    this.#running = undefined;
  }

  #batch(): Buffer[] {
    let bytes = 0;
    const count = this.#waiting.findIndex((line) => (bytes += line.length) > BATCH_BYTES);
    const lines = this.#waiting.splice(0, count < 0 ? this.#waiting.length : Math.max(1, count));
    this.#waitingBytes -= lines.reduce((sum, line) => sum + line.length, 0);
    return lines;
  }

  async #append(lines: readonly Buffer[]): Promise<void> {
    if (this.#file !== undefined && this.#fileBytes >= this.#options.fileBytes) await this.#closeFile();
    this.#file ??= await this.#next();
    const untold = this.#untold;
    const told = `{"level":"warn","time":"${new Date().toISOString()}","dropped":${untold},"msg":"the log file could not be written, lines are missing"}\n`;
    const first = untold === 0 ? [] : [Buffer.from((this.#isTorn ? '\n' : '') + told)];
    const bytes = Buffer.concat([...first, ...lines]);
    await this.#file.appendFile(bytes);
    this.#fileBytes += bytes.length;
    this.#untold -= untold;
    this.#isTorn = false;
  }

  async #next(): Promise<FileHandle> {
    const { folder, files } = this.#options;
    await mkdir(folder, { recursive: true });
    const kept = (await readdir(folder)).filter((name) => name.endsWith(EXTENSION)).toSorted();
    for (const name of kept.slice(0, Math.max(0, kept.length - files + 1)))
      await rm(join(folder, name), { force: true });
    // Names in order of time, of no other process.
    this.#serial += 1;
    const stamp = new Date().toISOString().replaceAll(/[-:]/g, '').slice(0, 15);
    const name = `${stamp}-${process.pid}-${String(this.#serial).padStart(4, '0')}${EXTENSION}`;
    const file = await open(join(folder, name), 'a', 0o600);
    this.#fileBytes = (await file.stat()).size;
    return file;
  }

  async #closeFile(): Promise<void> {
    const file = this.#file;
    this.#file = undefined;
    await file?.close().catch(() => undefined);
  }

  #drop(lines: number): void {
    this.#dropped += lines;
    this.#untold += lines;
  }

  #clear(): void {
    this.#waiting.length = 0;
    this.#waitingBytes = 0;
  }
}
