import type { CoverageRow, Gap, LedgerMemory, TickBatch, VenueRow } from '@tickwright/market';
import { ExitCode, TickwrightError } from '@tickwright/runtime';

/** What one flush writes: everything folded from `from` up to `cut`. */
export interface Portion {
  readonly from: number;
  readonly cut: number;
  readonly chunks: TickBatch[];
  readonly venue: readonly VenueRow[];
  readonly coverage: readonly CoverageRow[] | undefined;
  readonly gaps: readonly Gap[];
  /** What the ledger knows beside its gaps, as of the cut, where that may have changed. */
  readonly ledger: LedgerMemory | undefined;
}

/** The flusher as health checks and metrics see it. */
export interface FlusherHealth {
  state: 'ok' | 'retrying' | 'journal-only';
  /** By the monotonic clock; undefined before the first. */
  lastFlushMs: number | undefined;
  lastDurationMs: number;
  flushes: number;
  failures: number;
  retries: number;
  flushedRows: number;
  /** What was told of the venue's candles and stored in this run. */
  flushedVenueRows: number;
  /** Versions of gaps stored in this run. */
  gapRows: number;
  lastError: string | undefined;
}

/**
 * The tick file is not where this run left it: it was replaced. Ticks of the buffer would leave out those between, so
 * they are read from the journal again.
 */
export class TickFileMovedError extends TickwrightError {
  constructor(offsets: { readonly stored: number; readonly expected: number }) {
    super(
      `the tick file is at offset ${offsets.stored}, not at ${offsets.expected}: it was replaced. What is missing is read from the journal.`,
      { code: 'tick-file-moved', exitCode: ExitCode.store },
    );
  }
}
