import { calendars } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import { GAP_ANCHOR, LEDGER_ANCHOR, readAnchor, readPublishedGaps } from '@tickwright/store';
import type { GapStore, StoredLedgerMemory, TickFile } from '@tickwright/store';
import type { Venue } from '@tickwright/venues';
import { foldJournal } from './journal-fold.ts';

export interface RestoredLedgerParts {
  readonly dataDir: string;
  /** `state.duckdb`. */
  readonly path: string;
  readonly tickFile: TickFile;
  readonly gapStore: GapStore;
  readonly ledgerMemory: StoredLedgerMemory;
  readonly venues: readonly Venue[];
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Makes the ledger of gaps anew where it lacks what was stored, as after its log or file was lost: from the journal as
 * far as that reaches, before it from `gaps.parquet`. Also where the tick file is so much older than before that no state
 * of the ledger fits it.
 */
export async function restoreLedger(parts: RestoredLedgerParts): Promise<void> {
  const { tickFile, gapStore, ledgerMemory, log } = parts;
  const to = tickFile.appliedOffset;
  const isBehind = await isLedgerBehind(parts);
  if (!isBehind && (to === 0 || (await ledgerMemory.load(to)) !== undefined)) return;
  const published = await readPublishedGaps(parts);
  const { ledger, firstOffset, damage } = await foldJournal({
    ...parts,
    calendars,
    to,
    gapsBefore: (first) => published.filter((gap) => gap.openedOffset < first),
  });
  // A hole in the journal makes gaps of what is stored: then what was published is nearer to the truth.
  const isHoley = damage.some(({ firstOffset: from, endOffset }) => endOffset > from);
  const gaps =
    isHoley && published.length > 0 ? published.filter(({ version }) => version < to) : ledger.list();
  await gapStore.append(gaps);
  await ledgerMemory.save(to, ledger.memory());
  log.warn({ gaps: gaps.length, firstOffset, to }, 'the ledger of gaps was made anew from the journal');
}

async function isLedgerBehind({ path, gapStore, ledgerMemory }: RestoredLedgerParts): Promise<boolean> {
  const gaps = await readAnchor(path, GAP_ANCHOR);
  if (gapStore.written < (gaps?.['written'] ?? 0)) return true;
  const ledger = await readAnchor(path, LEDGER_ANCHOR);
  return (await ledgerMemory.newest()) < (ledger?.['asOf'] ?? -1);
}
