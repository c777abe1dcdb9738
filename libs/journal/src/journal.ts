import type { FrameSource } from '@tickwright/market';
import type { JournalRepair } from './writing/tail-repair.ts';

/** The journal as health checks and metrics see it. Reading it touches no disk. */
export interface JournalHealth {
  /** `failing` from a failed write or sync until the next successful sync. */
  readonly state: 'ok' | 'failing';
  /** When a sync last succeeded, by the monotonic clock, which no step of the other one moves; undefined before the first. */
  readonly lastSyncMs: number | undefined;
  readonly lastError: string | undefined;
  readonly nextOffset: number;
  readonly durableOffset: number;
  readonly pendingBytes: number;
  /** Since the journal was opened; a frame that had to be written twice counts twice in `bytes`. */
  readonly bytes: number;
  readonly files: number;
  readonly blocks: number;
  readonly writes: number;
  readonly syncs: number;
  /** Files given up after a failed write or sync. */
  readonly failovers: number;
}

/** The append-only log of frames, open for writing. One per directory: its owner holds the instance lock. */
export interface Journal extends AsyncDisposable {
  /** A handle for `append`. Throws a RangeError for names over 255 bytes or more than 65,535 sources. */
  source(source: FrameSource): number;

  /**
   * Takes a copy of the bytes and returns the frame's offset: the next integer, without holes. Synchronous; the frame
   * goes to disk after this turn of the event loop. Throws JournalFullError at twice `maxPendingBytes`,
   * JournalClosedError after `close`, a RangeError for a time that is no whole number of microseconds, an unknown
   * handle, or a frame over 64 MiB. After an error nothing was appended.
   */
  append(source: number, receiveTimeMicros: number, bytes: Uint8Array): number;

  /** The offset of the next frame. */
  readonly nextOffset: number;

  /** Every frame with a smaller offset is on disk. */
  readonly durableOffset: number;

  /** Resolves when `durableOffset >= offset`; rejects when aborted, or when the journal is closed before. */
  waitDurable(offset: number, signal?: AbortSignal): Promise<void>;

  /** All appended so far is durable; asks for a sync at once instead of waiting for the next. */
  sync(): Promise<void>;

  /** Bytes in memory that are not durable yet. */
  readonly pendingBytes: number;

  /** True from `maxPendingBytes` pending until half of it: the caller pauses its sockets. */
  readonly isCongested: boolean;
  onCongestion(listener: (isCongested: boolean) => void): void;

  readonly health: JournalHealth;

  /** What opening it found and did; undefined for a new journal or one that ended cleanly. */
  readonly repaired: JournalRepair | undefined;

  /** Resolves when finished files are compressed, or compression failed: for tests and the end of day. */
  compressed(): Promise<void>;

  /**
   * Writes and syncs all, and closes; the second call gets the first one's promise. Throws JournalCloseError when the
   * disk does not take the rest within `closeTimeoutMs`.
   */
  close(): Promise<void>;
}
