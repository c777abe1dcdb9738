import type { FrameSource } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import { Compressor } from './compressor.ts';
import { Congestion } from './congestion.ts';
import { DiskWriter } from './disk-writer.ts';
import { DurableWaiters } from './durable-waiters.ts';
import type { FilePrefix } from '../format/file-format.ts';
import type { FileLayer } from '../files/file-layer.ts';
import type { Journal, JournalHealth } from '../journal.ts';
import { JournalCloseError, JournalClosedError, JournalFullError } from '../journal-errors.ts';
import { PendingBlocks } from './pending-blocks.ts';
import { SourceTable } from '../format/source-table.ts';
import type { JournalRepair } from './tail-repair.ts';

interface FileJournalOptions {
  readonly directory: string;
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly files: FileLayer;
  readonly fileBytes: number;
  readonly syncIntervalMs: number;
  readonly maxPendingBytes: number;
  readonly closeTimeoutMs: number;
  readonly compression: 'gzip' | 'none';
  readonly firstOffset: number;
  readonly previous: FilePrefix | undefined;
  readonly repaired: JournalRepair | undefined;
}

/** The parts of an open journal put together: memory, writer, compressor, and those who wait. */
export class FileJournal implements Journal {
  readonly repaired: JournalRepair | undefined;
  readonly #options: FileJournalOptions;
  readonly #sources = new SourceTable();
  readonly #waiters = new DurableWaiters();
  readonly #congestion: Congestion;
  readonly #blocks: PendingBlocks;
  readonly #writer: DiskWriter;
  readonly #compressor: Compressor;
  readonly #hardLimitBytes: number;
  #closing: Promise<void> | undefined;

  constructor(options: FileJournalOptions) {
    const { maxPendingBytes, files, directory, log } = options;
    this.#options = options;
    this.repaired = options.repaired;
    this.#hardLimitBytes = 2 * maxPendingBytes;
    this.#congestion = new Congestion({ highBytes: maxPendingBytes, lowBytes: maxPendingBytes / 2 });
    this.#blocks = new PendingBlocks({
      sources: this.#sources,
      firstOffset: options.firstOffset,
      onClosed: () => {
        this.#congestion.update(this.#blocks.pendingBytes);
        this.#writer.notify();
      },
    });
    this.#writer = new DiskWriter({
      ...options,
      blocks: this.#blocks,
      onDurable: () => {
        this.#waiters.reached(this.durableOffset);
        this.#congestion.update(this.#blocks.pendingBytes);
      },
      onNewFile: () => this.#compress(),
    });
    this.#compressor = new Compressor({
      files,
      directory,
      log,
      clock: options.clock,
      firstOffsetInUse: () => this.#writer.firstOffsetInUse ?? this.durableOffset,
    });
    this.#compress();
  }

  source(source: FrameSource): number {
    return this.#sources.intern(source);
  }

  append(source: number, receiveTimeMicros: number, bytes: Uint8Array): number {
    if (!Number.isSafeInteger(receiveTimeMicros) || receiveTimeMicros < 0) {
      throw new RangeError(`receiveTime ${receiveTimeMicros} is not a whole number of microseconds`);
    }
    if (this.#sources.encoded[source] === undefined)
      throw new RangeError(`no source has the handle ${source}`);
    if (!this.#blocks.hasRoom(bytes.byteLength)) this.#openBlock(bytes.byteLength);
    return this.#blocks.append(source, receiveTimeMicros, bytes);
  }

  get nextOffset(): number {
    return this.#blocks.nextOffset;
  }

  get durableOffset(): number {
    return this.#blocks.durable.offset;
  }

  async waitDurable(offset: number, signal?: AbortSignal): Promise<void> {
    if (this.durableOffset >= offset) return;
    const isTooLate = this.#closing !== undefined && offset > this.nextOffset;
    if (isTooLate) throw this.#closedError(`wait for offset ${offset} to be durable`);
    await this.#waiters.wait(offset, signal);
  }

  async sync(): Promise<void> {
    this.#blocks.closeBlock();
    const offset = this.nextOffset;
    if (this.durableOffset < offset) this.#writer.hurry(offset);
    await this.waitDurable(offset);
  }

  get pendingBytes(): number {
    return this.#blocks.pendingBytes;
  }

  get isCongested(): boolean {
    return this.#congestion.isOn;
  }

  onCongestion(listener: (isCongested: boolean) => void): void {
    this.#congestion.listen(listener);
  }

  get health(): JournalHealth {
    const { isFailing, lastError, lastSyncMs, counts } = this.#writer;
    return {
      state: isFailing ? 'failing' : 'ok',
      lastSyncMs,
      lastError: lastError === undefined ? undefined : String(lastError),
      nextOffset: this.nextOffset,
      durableOffset: this.durableOffset,
      pendingBytes: this.pendingBytes,
      blocks: this.#blocks.closedBlocks,
      ...counts,
    };
  }

  async compressed(): Promise<void> {
    await this.#compressor.idle();
  }

  close(): Promise<void> {
    this.#closing ??= this.#close();
    return this.#closing;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #openBlock(bytes: number): void {
    if (this.#closing !== undefined) throw this.#closedError('append a frame');
    const pendingBytes = this.#blocks.pendingBytes;
    if (pendingBytes >= this.#hardLimitBytes) {
      const { directory } = this.#options;
      throw new JournalFullError({ directory, pendingBytes, limitBytes: this.#hardLimitBytes });
    }
    this.#blocks.openBlock(bytes);
  }

  #compress(): void {
    if (this.#options.compression === 'gzip' && this.#closing === undefined) this.#compressor.notify();
  }

  async #close(): Promise<void> {
    // Closing the block makes the next append begin one, which is refused from here on.
    this.#blocks.closeBlock();
    const timeout = new AbortController();
    try {
      await Promise.race([this.#writer.end(), this.#giveUpAfter(timeout.signal)]);
    } finally {
      timeout.abort();
      this.#waiters.end(this.#closedError('wait for frames to be durable'));
      await this.#compressor.close();
    }
  }

  async #giveUpAfter(signal: AbortSignal): Promise<void> {
    const { clock, closeTimeoutMs, directory } = this.#options;
    try {
      await clock.sleep(closeTimeoutMs, signal);
    } catch {
      return;
    }
    this.#writer.abort();
    throw new JournalCloseError({
      directory,
      lostFrames: this.nextOffset - this.durableOffset,
      waitedMs: closeTimeoutMs,
      cause: this.#writer.lastError,
    });
  }

  #closedError(attempted: string): JournalClosedError {
    return new JournalClosedError({ directory: this.#options.directory, attempted });
  }
}
