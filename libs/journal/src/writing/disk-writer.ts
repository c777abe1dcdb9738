import { linkedSignal } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import type { FilePrefix } from '../format/file-format.ts';
import type { FileLayer } from '../files/file-layer.ts';
import { LogFile } from './log-file.ts';
import type { BlockRange, PendingBlocks } from './pending-blocks.ts';
import { Wakeup } from './wakeup.ts';

/**
 * A write is of no more than this, or one block, where the file is nearly full or the disk was: piece by piece. Else it
 * is of a whole chunk: about one write ends in a turn of the event loop.
 */
const PORTION_BYTES = 1024 * 1024;

const RETRY_DELAY_FIRST_MS = 50;
const RETRY_DELAY_MAX_MS = 2_000;

export interface DiskWriterOptions {
  readonly files: FileLayer;
  readonly directory: string;
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly fileBytes: number;
  readonly syncIntervalMs: number;
  readonly blocks: PendingBlocks;
  /** The end of the log as it was found, for the first file's header. */
  readonly previous: FilePrefix | undefined;
  readonly onDurable: () => void;
  /** A new file was begun: those before it will not be written again. */
  readonly onNewFile: () => void;
}

/** What the writer did, for health and metrics. */
export interface WriterCounts {
  bytes: number;
  files: number;
  writes: number;
  syncs: number;
  /** Files given up after a failed write or sync. */
  failovers: number;
}

/**
 * Brings pending blocks to disk: one write at a time, a sync beside it every `syncIntervalMs` while something is
 * unsynced. A file whose write or sync failed is given up, since the system may have dropped its pages: all that was not
 * durable is written again to a new file. That is tried for ever, with growing delays, and what had gathered by then is
 * written in small portions, each synced before the next: on a disk that has little room what fits becomes durable.
 */
export class DiskWriter {
  readonly counts: WriterCounts = { bytes: 0, files: 0, writes: 0, syncs: 0, failovers: 0 };
  readonly #options: DiskWriterOptions;
  readonly #wakeup = new Wakeup();
  readonly #stop = new AbortController();
  #file: LogFile | undefined;
  #previous: FilePrefix | undefined;
  #failure: { readonly error: unknown } | undefined;
  #lastError: unknown;
  #isFailing = false;
  #failuresInRow = 0;
  #retryNow = new AbortController();
  #syncing: Promise<void> | undefined;
  #isSyncScheduled = false;
  #lastSyncStartMs = Number.NEGATIVE_INFINITY;
  #lastSyncMs: number | undefined;
  #hurryTo = 0;
  /** Up to this offset portions are small and synced one by one: what there was at the last failure. */
  #carefulTo = 0;
  #isEnding = false;
  readonly #running: Promise<void>;

  constructor(options: DiskWriterOptions) {
    this.#options = options;
    this.#previous = options.previous;
    this.#running = this.#run();
  }

  get isFailing(): boolean {
    return this.#isFailing;
  }

  get lastError(): unknown {
    return this.#lastError;
  }

  /** When a sync last succeeded, by the monotonic clock; undefined before the first. */
  get lastSyncMs(): number | undefined {
    return this.#lastSyncMs;
  }

  /** The first offset of the file in use; undefined before the first write and between files. */
  get firstOffsetInUse(): number | undefined {
    return this.#file?.firstOffset;
  }

  /** Blocks were closed. */
  notify(): void {
    this.#wakeup.call();
  }

  /** Makes what lies before the offset durable as soon as it can be, without waiting for the interval. */
  hurry(offset: number): void {
    this.#hurryTo = Math.max(this.#hurryTo, offset);
    this.#wakeup.call();
  }

  /** Writes and syncs what is left, then closes the file. Tries again at once if it was waiting to. */
  end(): Promise<void> {
    this.#isEnding = true;
    this.hurry(this.#options.blocks.nextOffset);
    this.#retryNow.abort();
    return this.#running;
  }

  /** Gives up what is not durable. */
  abort(): void {
    this.#stop.abort();
    this.#wakeup.call();
  }

  async #run(): Promise<void> {
    while (!this.#isDone()) {
      try {
        if (this.#failure === undefined) await this.#step();
        else await this.#giveUp(this.#failure.error);
      } catch (error) {
        this.#failure = { error };
      }
    }
    await this.#syncing?.catch(() => undefined);
    await this.#file?.close().catch((error: unknown) => this.#warn(error, 'closing a journal file failed'));
    this.#file = undefined;
    this.#stop.abort();
  }

  #isDone(): boolean {
    const { blocks } = this.#options;
    return this.#stop.signal.aborted || (this.#isEnding && blocks.durable.offset >= blocks.nextOffset);
  }

  async #step(): Promise<void> {
    const { blocks } = this.#options;
    const isCareful = this.#carefulTo > blocks.durable.offset;
    if (isCareful && blocks.written.offset > blocks.durable.offset) return this.#syncAll();
    const range = blocks.nextRange(isCareful ? PORTION_BYTES : this.#room());
    if (range !== undefined) return this.#write(range);
    if (this.#hurryTo > blocks.durable.offset && blocks.written.offset > blocks.durable.offset)
      return this.#sync();
    return this.#wakeup.wait();
  }

  /** What a write may have, so that a file is larger than it should be by one portion at most. */
  #room(): number {
    const { fileBytes } = this.#options;
    const left = fileBytes - (this.#file?.content.bytes ?? 0);
    return Math.max(PORTION_BYTES, left > 0 ? left : fileBytes);
  }

  async #write(range: BlockRange): Promise<void> {
    const file = await this.#fileFor(range);
    await file.write(range.bytes);
    this.#options.blocks.markWritten(range.end);
    this.counts.bytes += range.bytes.byteLength;
    this.counts.writes++;
    this.#scheduleSync();
  }

  /** The file in use, or the next one when it is full: only after all before it is durable. */
  async #fileFor(range: BlockRange): Promise<LogFile> {
    const { files, directory, name, fileBytes } = this.#options;
    if (this.#file !== undefined) {
      if (this.#file.content.bytes < fileBytes) return this.#file;
      await this.#finishFile(this.#file);
    }
    const previous = this.#previous;
    this.#file = await LogFile.create({ files, directory, name, firstOffset: range.firstOffset, previous });
    this.counts.files++;
    this.counts.bytes += this.#file.content.bytes;
    this.#options.onNewFile();
    return this.#file;
  }

  async #finishFile(file: LogFile): Promise<void> {
    await this.#syncAll();
    this.#previous = file.durable;
    this.#file = undefined;
    // All of it is on disk: a failure to close it loses nothing.
    await file.close().catch((error: unknown) => this.#warn(error, 'closing a journal file failed'));
  }

  /** A sync that runs already does not cover what was written since it began. */
  async #syncAll(): Promise<void> {
    await this.#syncing;
    await this.#sync();
  }

  #sync(): Promise<void> {
    this.#syncing ??= this.#syncFile().finally(() => {
      this.#syncing = undefined;
    });
    return this.#syncing;
  }

  async #syncFile(): Promise<void> {
    const { blocks, clock, onDurable } = this.#options;
    const file = this.#file;
    const end = blocks.written;
    if (file === undefined || end.offset === blocks.durable.offset) return;
    this.#lastSyncStartMs = clock.monotonicMs();
    await file.datasync();
    // A write that failed meanwhile does not undo this sync: what lies before `end` is on disk.
    blocks.markDurable(end);
    this.counts.syncs++;
    this.#lastSyncMs = clock.monotonicMs();
    this.#recovered();
    onDurable();
  }

  #scheduleSync(): void {
    if (this.#isSyncScheduled) return;
    this.#isSyncScheduled = true;
    const { clock, syncIntervalMs } = this.#options;
    const waitMs = Math.max(0, this.#lastSyncStartMs + syncIntervalMs - clock.monotonicMs());
    void this.#syncAfter(waitMs);
  }

  async #syncAfter(waitMs: number): Promise<void> {
    try {
      await this.#options.clock.sleep(waitMs, this.#stop.signal);
      await this.#sync();
    } catch (error) {
      if (this.#stop.signal.aborted) return;
      this.#failure ??= { error };
      this.#wakeup.call();
    } finally {
      this.#isSyncScheduled = false;
    }
    const { blocks } = this.#options;
    const isRest = blocks.written.offset > blocks.durable.offset;
    if (isRest && this.#failure === undefined && this.#file !== undefined) this.#scheduleSync();
  }

  async #giveUp(cause: unknown): Promise<void> {
    await this.#syncing?.catch(() => undefined);
    this.#failure = undefined;
    const file = this.#file;
    this.#file = undefined;
    this.#failed(cause, file);
    if (file !== undefined) {
      // Nothing in it is durable: the next file has the same name and takes its place.
      if (this.#options.blocks.durable.offset > file.firstOffset) this.#previous = file.durable;
      await file.abandon();
      this.counts.failovers++;
    }
    this.#options.blocks.rewind();
    this.#carefulTo = this.#options.blocks.nextOffset;
    await this.#delayRetry();
  }

  async #delayRetry(): Promise<void> {
    // The first failure may be of the file alone: a new one is tried at once.
    const failures = this.#failuresInRow++;
    if (failures === 0) return;
    const delayMs = Math.min(RETRY_DELAY_FIRST_MS * 2 ** (failures - 1), RETRY_DELAY_MAX_MS);
    this.#retryNow = new AbortController();
    using either = linkedSignal(this.#retryNow.signal, this.#stop.signal);
    await this.#options.clock.sleep(delayMs, either.signal).catch(() => undefined);
  }

  #failed(error: unknown, file: LogFile | undefined): void {
    this.#lastError = error;
    const isFirst = !this.#isFailing;
    this.#isFailing = true;
    const { log, directory, blocks } = this.#options;
    const fields = { err: error, directory, file: file?.firstOffset, durableOffset: blocks.durable.offset };
    if (isFirst) log.error(fields, 'the journal could not be written: its last frames go to a new file');
    else log.debug(fields, 'the journal still cannot be written');
  }

  #recovered(): void {
    this.#failuresInRow = 0;
    if (!this.#isFailing) return;
    this.#isFailing = false;
    const { log, directory, blocks } = this.#options;
    log.info({ directory, durableOffset: blocks.durable.offset }, 'the journal is written again');
  }

  #warn(error: unknown, message: string): void {
    this.#options.log.warn({ err: error, directory: this.#options.directory }, message);
  }
}
