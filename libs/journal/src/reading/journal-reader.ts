import type { BlockScanner, ScanStep } from '../format/block-scanner.ts';
import { BlockDecoder, endOffset } from '../format/block-decoder.ts';
import { BLOCK_HEADER_BYTES } from '../format/block-format.ts';
import { reportDamage, type DamagePolicy, type JournalDamage } from '../upkeep/damage.ts';
import { FILE_HEADER_BYTES } from '../format/file-format.ts';
import { isMissing, type FileLayer } from '../files/file-layer.ts';
import { listJournalFiles, type JournalFile } from '../files/file-list.ts';
import { openFileScan, type FileScan } from './file-scan.ts';
import type { FrameBlock } from '../format/frame-block.ts';
import { nodeFiles } from '../files/node-files.ts';

export interface ReadJournalOptions {
  readonly directory: string;
  /** The first offset wanted; the oldest there is by default. */
  readonly from?: number;
  /** The offset before which to stop; what is written at the end of the reading by default. */
  readonly to?: number;
  /** Called for each range that is not there, when the reading gets to it. */
  readonly onDamage?: (damage: JournalDamage) => void;
  /** A directory to which bad bytes are copied before they are reported. */
  readonly quarantine?: string;
  readonly files?: FileLayer;
}

/** Files vanish under a reader when they are compressed (the list then has the other one) or pruned. */
const REOPEN_TRIES_MAX = 10;

/**
 * The frames of a journal in order of their offsets, each once: the next block always begins at or behind the end of
 * the one before, and what lies between two is told to `onDamage` first. Can be used while the journal is written:
 * gives what is written (which may be more than is durable) and ends there. Where files overlap, after a failed write,
 * the later one is taken. Throws JournalOpenError for files of a later format, and the system's error where reading
 * fails.
 */
export async function* readJournal(options: ReadJournalOptions): AsyncGenerator<FrameBlock, void, undefined> {
  const reading = new Reading(options);
  try {
    while (await reading.openNext()) {
      for (;;) {
        // Blocks in the window are taken without waiting.
        for (let block = reading.take(); block !== undefined; block = reading.take()) yield block;
        if (!(await reading.advance())) break;
      }
    }
  } finally {
    await reading.close();
  }
}

type BlockStep = Extract<ScanStep, { kind: 'block' }>;

/** Where a reading stands, across files. */
class Reading {
  readonly #files: FileLayer;
  readonly #directory: string;
  readonly #policy: DamagePolicy;
  readonly #decoder = new BlockDecoder();
  readonly #to: number;
  /** The next offset to give; undefined before the first file is known. */
  #next: number | undefined;
  #file: JournalFile | undefined;
  /** Frames from here on are in the next file. */
  #limit = Number.POSITIVE_INFINITY;
  #scanner: BlockScanner | undefined;
  /** A step that is about damage or the file's end: dealt with by `advance`. */
  #step: Exclude<ScanStep, { kind: 'block' }> | undefined;
  /** A block that was taken and not accepted: what was collected comes first, or the report of a hole before it. */
  #held: BlockStep | undefined;
  #bad: { readonly from: number; readonly to: number } | undefined;
  #reportedHeader: string | undefined;

  constructor(options: ReadJournalOptions) {
    this.#files = options.files ?? nodeFiles;
    this.#directory = options.directory;
    this.#policy = { files: this.#files, quarantine: options.quarantine, onDamage: options.onDamage };
    this.#next = options.from;
    this.#to = options.to ?? Number.POSITIVE_INFINITY;
  }

  /** Opens the file that holds the next frame; false at the journal's end. */
  async openNext(): Promise<boolean> {
    for (let tries = 1; ; tries++) {
      const list = await listJournalFiles({ files: this.#files, directory: this.#directory });
      if (list.length === 0) return false;
      const next = (this.#next ??= list[0].firstOffset);
      if (next >= this.#to) return false;
      const index = Math.max(
        0,
        list.findLastIndex((file) => file.firstOffset <= next),
      );
      const file = list[index];
      const limit = list[index + 1]?.firstOffset ?? Number.POSITIVE_INFINITY;
      const isSame = this.#file?.firstOffset === file.firstOffset;
      // The last file was read to its end, and there is none behind it.
      if (isSame && limit === this.#limit) return false;
      try {
        // Read anew from its start: a file that was given up may have been replaced by another of the same name.
        const scan = await openFileScan({ files: this.#files, file });
        this.#file = file;
        this.#limit = limit;
        await this.#begin(scan, file);
        return true;
      } catch (error) {
        if (!isMissing(error) || tries >= REOPEN_TRIES_MAX) throw error;
      }
    }
  }

  /** The next frames in the window; undefined when `advance` is needed. */
  take(): FrameBlock | undefined {
    while (this.#step === undefined) {
      const step = this.#held ?? this.#scanner?.take();
      this.#held = undefined;
      if (step === undefined) break;
      if (step.kind !== 'block') {
        this.#step = step;
      } else if (!this.#accept(step)) {
        break;
      }
    }
    return this.#decoder.take();
  }

  /** Adds a block's frames to what is taken next; false when something else has to be done before. */
  #accept(step: BlockStep): boolean {
    const next = this.#next ?? 0;
    const { header } = step;
    const to = Math.min(this.#limit, this.#to);
    if (endOffset(header) <= next) return true;
    if (header.firstOffset >= to) {
      // It belongs to the later file, or is not wanted; what is missing before it is seen at the end.
      const position = step.end - BLOCK_HEADER_BYTES - header.payloadBytes;
      this.#step = { kind: 'end', from: position, to: position, torn: undefined, error: undefined };
      return false;
    }
    if (header.firstOffset > next || !this.#decoder.add(step, { from: next, to })) {
      this.#held = step;
      return false;
    }
    this.#next = Math.min(endOffset(header), to);
    return true;
  }

  /** Brings more bytes, or deals with what stopped `take`; false at the file's end. */
  async advance(): Promise<boolean> {
    if (this.#held !== undefined) {
      await this.#hole(this.#held.header.firstOffset);
      return true;
    }
    const step = this.#step;
    this.#step = undefined;
    if (step === undefined) {
      await this.#scanner?.fill();
      return true;
    }
    if (step.kind === 'bad') {
      // What is lost is known when the next block is.
      this.#bad = step;
      return this.#garbage();
    }
    await this.#endFile(step);
    return false;
  }

  async close(): Promise<void> {
    const scanner = this.#scanner;
    this.#scanner = undefined;
    await scanner?.close();
  }

  async #begin(scan: FileScan, file: JournalFile): Promise<void> {
    this.#scanner = scan.scanner;
    this.#bad = undefined;
    if (scan.header === undefined && this.#reportedHeader !== file.path) {
      this.#reportedHeader = file.path;
      const bytes = { from: 0, to: FILE_HEADER_BYTES };
      await this.#report({
        reason: 'header',
        endOffset: file.firstOffset,
        firstOffset: file.firstOffset,
        bytes,
      });
    }
    if (file.firstOffset > (this.#next ?? 0)) await this.#missing(file.firstOffset);
  }

  /** Bad bytes between two blocks are reported even when no frame is lost with them. */
  async #garbage(): Promise<boolean> {
    const step = this.#scanner?.take();
    if (step?.kind === 'block') this.#held = step;
    const first = this.#held?.header.firstOffset ?? this.#next ?? 0;
    await this.#hole(Math.max(first, this.#next ?? 0));
    return true;
  }

  async #hole(upTo: number): Promise<void> {
    const firstOffset = this.#next ?? 0;
    const end = Math.min(upTo, this.#limit, this.#to);
    const bytes = this.#bad === undefined ? undefined : { from: this.#bad.from, to: this.#bad.to };
    this.#bad = undefined;
    this.#next = Math.max(firstOffset, end);
    const reason = bytes === undefined ? 'missing' : 'checksum';
    await this.#report({ reason, firstOffset, endOffset: this.#next, bytes });
  }

  async #endFile(step: Extract<ScanStep, { kind: 'end' }>): Promise<void> {
    await this.close();
    const next = this.#next ?? 0;
    const end = Math.min(this.#limit, this.#to);
    const isLast = this.#limit === Number.POSITIVE_INFINITY;
    if (next >= end || (isLast && step.error === undefined)) return;
    if (step.error !== undefined) {
      const firstOffset = next;
      if (!isLast) this.#next = end;
      const bytes = { from: step.from, to: step.to };
      await this.#report({ reason: 'decompression', firstOffset, endOffset: this.#next ?? 0, bytes });
      return;
    }
    if (step.from < step.to) this.#bad = step;
    await this.#hole(end);
  }

  async #missing(upTo: number): Promise<void> {
    const firstOffset = this.#next ?? 0;
    this.#next = Math.min(upTo, this.#to);
    const damage = { reason: 'missing', firstOffset, endOffset: this.#next } as const;
    await reportDamage(this.#policy, { ...damage, path: undefined, bytes: undefined });
  }

  #report(damage: Omit<JournalDamage, 'path'>): Promise<void> {
    return reportDamage(this.#policy, { ...damage, path: this.#file?.path });
  }
}
