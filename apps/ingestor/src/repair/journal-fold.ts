import { join } from 'node:path';
import { GapLedger, InstrumentTable } from '@tickwright/market';
import type { Calendars, Gap, TickBatch, VenueRow } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { JournalDamage } from '@tickwright/journal';
import type { TickFile } from '@tickwright/store';
import type { Venue } from '@tickwright/venues';
import { Fold, addInstrument } from '../intake/fold.ts';

export interface JournalFoldOptions {
  readonly dataDir: string;
  /** What is stored of the time before the journal. */
  readonly tickFile: TickFile;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  /** Where to stop, exclusive. */
  readonly to: number;
  /** Gaps that were opened before the journal begins. */
  readonly gapsBefore?: (firstOffset: number) => readonly Gap[];
  /** Accepted ticks in arrival order; the batch is reused. */
  readonly onTicks?: (batch: TickBatch) => void;
  /** What frames told of the venue's candles. */
  readonly onVenue?: (rows: readonly VenueRow[]) => void;
  /** Called between blocks: what has come so far may be written. */
  readonly onBlock?: () => Promise<void>;
}

export interface JournalFolded {
  /** Where the journal begins; `to` when it has nothing before that. */
  readonly firstOffset: number;
  readonly instruments: InstrumentTable;
  readonly ledger: GapLedger;
  /** What could not be read on the way. */
  readonly damage: readonly JournalDamage[];
}

/**
 * Folds the journal once more from its oldest frame, with covered ids as of that frame: what it gives for any later
 * offset is what the live fold gave. Nothing is stored by it.
 */
export async function foldJournal(
  options: JournalFoldOptions,
  instruments = new InstrumentTable(),
): Promise<JournalFolded> {
  const { tickFile, venues, calendars, to } = options;
  const directory = join(options.dataDir, 'journal');
  for (const row of (await tickFile.loadState()).instruments) addInstrument(instruments, row);
  const firstOffset = Math.min(to, (await firstJournaled(directory)) ?? to);
  const ledger = new GapLedger({ instruments, calendars });
  const onTicks = options.onTicks ?? ((): void => undefined);
  const fold = new Fold(
    {
      instruments,
      venues,
      calendars,
      gaps: ledger,
      onTicks,
      ...(options.onVenue === undefined ? {} : { onVenue: options.onVenue }),
      onControl: (event, receiveMicros, offset) => ledger.control(event, { receiveMicros, offset }),
    },
    firstOffset,
  );
  ledger.attach(fold.deduplicator);
  if (firstOffset > 0) await coverBefore(fold, tickFile, firstOffset);
  const before = options.gapsBefore?.(firstOffset) ?? [];
  if (before.length > 0) ledger.load(before);
  const damage: JournalDamage[] = [];
  const onDamage = (one: JournalDamage): void => void damage.push(one);
  for await (const block of readJournal({ directory, from: firstOffset, to, onDamage })) {
    fold.block(block);
    fold.settle();
    await options.onBlock?.();
  }
  fold.settle();
  return { firstOffset, instruments, ledger, damage };
}

/** Ids of ticks that were stored before the journal begins. */
async function coverBefore(fold: Fold, tickFile: TickFile, offset: number): Promise<void> {
  for await (const batch of tickFile.ticksFrom(0)) {
    const count = batch.count;
    let rows = 0;
    while (rows < count && batch.offset[rows] < offset) rows += 1;
    batch.count = rows;
    fold.deduplicator.restore(batch);
    if (rows < count) return;
  }
}

/** The oldest offset in a journal; undefined when it holds no frame. */
export async function firstJournaled(directory: string): Promise<number | undefined> {
  for await (const block of readJournal({ directory })) return block.firstOffset;
  return undefined;
}
