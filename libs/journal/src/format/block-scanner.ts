import {
  BLOCK_HEADER_BYTES,
  BLOCK_MAGIC,
  isPayloadWhole,
  readBlockHeader,
  type BlockHeader,
} from './block-format.ts';
import { isGzipDamage, type ByteSource } from '../files/byte-source.ts';

/** Positions are bytes of the uncompressed file. */
export type ScanStep =
  /** A whole block; its payload begins at `payloadAt` of `bytes`, valid until the next `fill`. */
  | {
      readonly kind: 'block';
      readonly header: BlockHeader;
      readonly bytes: Buffer;
      readonly payloadAt: number;
      readonly end: number;
    }
  /** Bytes that are no block, with a whole block behind them. */
  | { readonly kind: 'bad'; readonly from: number; readonly to: number }
  /**
   * No whole block follows. `from < to`: bytes remain that are none (a torn tail, or damage); `torn` is the header of
   * the block that begins there, if it is intact. `error`: the compressed file is broken behind `to`.
   */
  | {
      readonly kind: 'end';
      readonly from: number;
      readonly to: number;
      readonly torn: BlockHeader | undefined;
      readonly error: unknown;
    };

/** The window grows from the first to the second while reads fill it: most files are large, some hold a few blocks. */
const WINDOW_BYTES_FIRST = 64 * 1024;
const WINDOW_BYTES = 2 * 1024 * 1024;

/**
 * Finds the whole blocks in a file, one after the other, and past damage the next one. `take` gives what is in the
 * window, without waiting; when it gives nothing, `fill` brings more.
 */
export class BlockScanner {
  readonly #source: ByteSource;
  #window = Buffer.allocUnsafeSlow(WINDOW_BYTES_FIRST);
  #windowPosition: number;
  #start = 0;
  #end = 0;
  #isEnded = false;
  #error: unknown;
  #badFrom: number | undefined;
  #torn: BlockHeader | undefined;
  #neededBytes = BLOCK_HEADER_BYTES;

  constructor(source: ByteSource, position: number) {
    this.#source = source;
    this.#windowPosition = position;
  }

  /** The next step, or undefined when more bytes are needed to know it. */
  take(): ScanStep | undefined {
    for (;;) {
      if (this.#end - this.#start < BLOCK_HEADER_BYTES) return this.#isEnded ? this.#finish() : this.#need(0);
      const header = readBlockHeader(this.#window, this.#start);
      if (header === undefined) {
        this.#skipToMagic();
        continue;
      }
      const blockBytes = BLOCK_HEADER_BYTES + header.payloadBytes;
      if (this.#end - this.#start < blockBytes) {
        if (!this.#isEnded) return this.#need(blockBytes);
        this.#bad(header, 1);
      } else if (isPayloadWhole(this.#window, this.#start, header)) {
        return this.#badFrom === undefined ? this.#block(header, blockBytes) : this.#badEnd(this.#badFrom);
      } else {
        // Its header can be believed, so the next block begins behind it; within damage nothing can.
        this.#bad(header, this.#badFrom === undefined ? blockBytes : 1);
      }
    }
  }

  /** Reads on. The bytes of steps taken before are gone. */
  async fill(): Promise<void> {
    this.#compact();
    try {
      const count = await this.#source.read(this.#window.subarray(this.#end));
      this.#end += count;
      this.#isEnded = count === 0;
    } catch (error) {
      if (!isGzipDamage(error)) throw error;
      this.#isEnded = true;
      this.#error = error;
    }
  }

  close(): Promise<void> {
    return this.#source.close();
  }

  #block(header: BlockHeader, blockBytes: number): ScanStep {
    const payloadAt = this.#start + BLOCK_HEADER_BYTES;
    this.#start += blockBytes;
    return { kind: 'block', header, bytes: this.#window, payloadAt, end: this.#position() };
  }

  #badEnd(from: number): ScanStep {
    this.#badFrom = undefined;
    this.#torn = undefined;
    return { kind: 'bad', from, to: this.#position() };
  }

  #bad(header: BlockHeader | undefined, skipBytes: number): void {
    if (this.#badFrom === undefined) {
      this.#badFrom = this.#position();
      this.#torn = header;
    }
    this.#start += skipBytes;
  }

  #skipToMagic(): void {
    this.#bad(undefined, 1);
    const found = this.#window.subarray(0, this.#end).indexOf(BLOCK_MAGIC, this.#start);
    // The magic's first bytes may be the window's last.
    this.#start = found >= 0 ? found : Math.max(this.#start, this.#end - BLOCK_MAGIC.length + 1);
  }

  #finish(): ScanStep {
    const to = this.#windowPosition + this.#end;
    return { kind: 'end', from: this.#badFrom ?? this.#position(), to, torn: this.#torn, error: this.#error };
  }

  #need(bytes: number): undefined {
    this.#neededBytes = bytes;
    return undefined;
  }

  #position(): number {
    return this.#windowPosition + this.#start;
  }

  /** Moves the unread bytes to the front, and makes the window large enough for the block they begin. */
  #compact(): void {
    const old = this.#window;
    const isFilled = this.#end === old.length && old.length < WINDOW_BYTES;
    if (this.#neededBytes > old.length)
      this.#window = Buffer.allocUnsafeSlow(this.#neededBytes + WINDOW_BYTES);
    else if (isFilled) this.#window = Buffer.allocUnsafeSlow(old.length * 2);
    if (this.#start > 0 || this.#window !== old) old.copy(this.#window, 0, this.#start, this.#end);
    this.#windowPosition += this.#start;
    this.#end -= this.#start;
    this.#start = 0;
  }
}
