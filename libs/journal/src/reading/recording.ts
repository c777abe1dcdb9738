import { FrameKind, type FrameSource } from '@tickwright/market';
import { gunzippedBytes, isGzipDamage, plainBytes, type ByteSource } from '../files/byte-source.ts';
import { FRAME_BYTES_MAX } from '../format/block-format.ts';
import { isMissing, type FileLayer } from '../files/file-layer.ts';
import { FrameColumns, type FrameBlock } from '../format/frame-block.ts';
import { RecordingError } from '../journal-errors.ts';
import { nodeFiles } from '../files/node-files.ts';
import { EXPECTED_LINE, readRecordingLine } from './recording-line.ts';

export interface ReadRecordingOptions {
  readonly venue: string;
  /** `recording` by default. */
  readonly connection?: string;
  readonly signal?: AbortSignal;
  readonly files?: FileLayer;
}

/** How far the reading is. Bytes are those of the file itself, compressed or not. */
export interface RecordingProgress {
  readonly bytesRead: number;
  /** 0 before the file is open. */
  readonly bytesTotal: number;
  readonly frames: number;
  /** Lines starting with `wss`: the recorder's own, skipped. */
  readonly connectionLines: number;
}

/** The frames of a recording. Each iteration reads the file anew; `progress` is of the latest. */
export interface Recording extends AsyncIterable<FrameBlock> {
  readonly progress: RecordingProgress;
}

/**
 * Reads recorded frames, one a line: `<nanoseconds> <frame>` or `<seconds>.<fraction>: <frame>`, plain or gzip (told by
 * its first bytes), of one or more members. Offsets count from 0; `receiveTime` is the recorded time, cut to whole
 * microseconds. Empty lines are skipped. Throws a RecordingError with file and line for a missing or broken file, after
 * the frames before the break were given, and the signal's reason when aborted.
 */
export function readRecording(path: string, options: ReadRecordingOptions): Recording {
  let reading: Reading | undefined;
  return {
    get progress() {
      return reading?.progress ?? { bytesRead: 0, bytesTotal: 0, frames: 0, connectionLines: 0 };
    },
    [Symbol.asyncIterator]: () => {
      reading = new Reading(path, options);
      return reading.blocks();
    },
  };
}

const WINDOW_BYTES = 512 * 1024;
const FRAMES_MAX = 4096;
const LINE_BYTES_MAX = FRAME_BYTES_MAX;
const LINE_FEED = 10;
const CARRIAGE_RETURN = 13;

class Reading {
  readonly #path: string;
  readonly #options: ReadRecordingOptions;
  readonly #sources: readonly FrameSource[];
  readonly #columns = new FrameColumns();
  #source: ByteSource | undefined;
  #bytesTotal = 0;
  #connectionLines = 0;
  #frames = 0;
  #line = 0;
  #window = Buffer.allocUnsafeSlow(WINDOW_BYTES);
  #start = 0;
  #end = 0;
  #isEnded = false;
  #error: RecordingError | undefined;

  constructor(path: string, options: ReadRecordingOptions) {
    this.#path = path;
    this.#options = options;
    const { venue, connection = 'recording' } = options;
    this.#sources = [{ venue, connection, kind: FrameKind.message }];
    this.#columns.reserve(FRAMES_MAX);
  }

  get progress(): RecordingProgress {
    return {
      bytesRead: this.#source?.bytesRead ?? 0,
      bytesTotal: this.#bytesTotal,
      frames: this.#frames,
      connectionLines: this.#connectionLines,
    };
  }

  async *blocks(): AsyncGenerator<FrameBlock, void, undefined> {
    const source = await this.#open();
    this.#source = source;
    try {
      for (;;) {
        this.#options.signal?.throwIfAborted();
        const count = this.#parse();
        if (count > 0) yield this.#block(count);
        else if (this.#error !== undefined) throw this.#error;
        else if (this.#isEnded) return;
        else await this.#fill(source);
      }
    } finally {
      await source.close();
    }
  }

  async #open(): Promise<ByteSource> {
    const files = this.#options.files ?? nodeFiles;
    try {
      const file = await files.open(this.#path, 'read');
      this.#bytesTotal = await file.size();
      const magic = new Uint8Array(2);
      await file.read(magic, 0);
      const isGzip = magic[0] === 0x1f && magic[1] === 0x8b;
      return isGzip ? gunzippedBytes(file) : plainBytes(file, 0);
    } catch (error) {
      const found = isMissing(error) ? 'no such file' : messageOf(error);
      throw this.#broken({ found, expected: 'a recording that can be read', cause: error });
    }
  }

  /** Reads the whole lines in the window into the columns; returns how many frames they are. */
  #parse(): number {
    const { source, receiveTime, start, end } = this.#columns;
    let count = 0;
    while (count < FRAMES_MAX && this.#error === undefined) {
      const lineAt = this.#start;
      const lineEnd = this.#lineEnd();
      if (lineEnd === undefined) break;
      this.#line++;
      const textEnd =
        lineEnd > lineAt && this.#window[lineEnd - 1] === CARRIAGE_RETURN ? lineEnd - 1 : lineEnd;
      const line = readRecordingLine(this.#window, lineAt, textEnd);
      if (line.kind === 'frame') {
        source[count] = 0;
        receiveTime[count] = line.receiveTimeMicros;
        start[count] = line.frameAt;
        end[count] = textEnd;
        count++;
      } else if (line.kind === 'connection') {
        this.#connectionLines++;
      } else if (line.kind === 'broken') {
        this.#error = this.#broken({ line: this.#line, found: line.found, expected: EXPECTED_LINE });
      }
    }
    return count;
  }

  /** Moves behind the next line and returns where it ends; undefined when that is not in the window. */
  #lineEnd(): number | undefined {
    const found = this.#window.subarray(0, this.#end).indexOf(LINE_FEED, this.#start);
    if (found >= 0) {
      this.#start = found + 1;
      return found;
    }
    if (!this.#isEnded || this.#start === this.#end) return undefined;
    this.#start = this.#end;
    return this.#end;
  }

  #block(count: number): FrameBlock {
    const firstOffset = this.#frames;
    this.#frames += count;
    return {
      firstOffset,
      count,
      sources: this.#sources,
      bytes: this.#window,
      ...this.#columns.view(0, count),
    };
  }

  async #fill(source: ByteSource): Promise<void> {
    this.#compact();
    if (this.#end >= LINE_BYTES_MAX) {
      const found = `a line of more than ${LINE_BYTES_MAX} bytes`;
      this.#error = this.#broken({ line: this.#line + 1, found, expected: EXPECTED_LINE });
      return;
    }
    try {
      const count = await source.read(this.#window.subarray(this.#end));
      this.#end += count;
      this.#isEnded = count === 0;
    } catch (error) {
      const expected = isGzipDamage(error) ? 'a whole gzip file' : 'a file that can be read';
      this.#error = this.#broken({ line: this.#line + 1, found: messageOf(error), expected, cause: error });
    }
  }

  #compact(): void {
    const old = this.#window;
    // Compaction happens only when no line end is left: a line that fills more than half needs a larger window.
    if (this.#end - this.#start > old.length / 2) this.#window = Buffer.allocUnsafeSlow(old.length * 2);
    old.copy(this.#window, 0, this.#start, this.#end);
    this.#end -= this.#start;
    this.#start = 0;
  }

  #broken(what: { line?: number; found: string; expected: string; cause?: unknown }): RecordingError {
    return new RecordingError({ path: this.#path, ...what });
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
