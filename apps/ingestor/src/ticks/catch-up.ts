import { GapLedger, InstrumentTable } from '@tickwright/market';
import type { Calendars, Deduplicator } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { FileLayer, Journal } from '@tickwright/journal';
import type { Clock } from '@tickwright/runtime';
import type { GapStore, LedgerMemoryStore } from '@tickwright/store';
import type { Venue } from '@tickwright/venues';
import { Fold, addInstrument } from '../intake/fold.ts';
import { TickBuffer } from './tick-buffer.ts';
import type { TickStore } from './tick-store.ts';

/** Rows of one transaction while catching up: large enough to be fast, small enough to bound memory. */
const PORTION_ROWS = 200_000;
/** When the live fold is this close, the two are joined. */
const JOIN_WITHIN_FRAMES = 50_000;

export interface CatchUpOptions {
  readonly journal: Journal;
  readonly journalDirectory: string;
  /** Where the journal's files are; the real ones unless told. */
  readonly files?: FileLayer;
  readonly tickFile: TickStore;
  readonly gapStore: Pick<GapStore, 'append' | 'load'>;
  readonly ledgerMemory: LedgerMemoryStore;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  readonly clock: Clock;
}

/** What the catching up needs of the live fold that runs beside it. */
export interface LiveSide {
  /** Called once, near the end: names the offset from which the live side takes over. */
  join(): number;
  /** So many versions of gaps were stored. */
  storedGaps(rows: number): void;
}

/** Loads the covered ids as of the tick file's offset: the newest snapshot and the ticks stored after it, or all ticks. */
export async function restoreCoverage(tickFile: TickStore, deduplicator: Deduplicator): Promise<void> {
  const state = await tickFile.loadState();
  deduplicator.load(state.coverage);
  const from = state.coverage.length === 0 ? 0 : state.coverageOffset;
  for await (const batch of tickFile.ticksFrom(from)) deduplicator.restore(batch);
}

/** The fold that catches up, with what it has folded and not yet written. */
interface Follower {
  readonly fold: Fold;
  readonly gaps: GapLedger;
  readonly buffer: TickBuffer;
}

/**
 * Brings the tick file up to the live fold by a fold of its own over the journal, with covered ids and gaps as of the
 * tick file's offset. The gaps that the live fold knows are of a later offset, of which a crash may leave no frame: a
 * start would take them for what is known at the tick file's.
 */
export async function catchUp(options: CatchUpOptions, live: LiveSide): Promise<void> {
  const { journal } = options;
  const follower = await followerOf(options);
  const { fold, buffer } = follower;
  let end: number | undefined;
  while (end === undefined || fold.nextOffset < end) {
    if (end === undefined && journal.nextOffset - fold.nextOffset < JOIN_WITHIN_FRAMES) {
      end = live.join();
      await journal.waitDurable(end);
    }
    const to: number = end ?? journal.durableOffset;
    for await (const block of readJournal({
      directory: options.journalDirectory,
      from: fold.nextOffset,
      to,
      ...(options.files === undefined ? {} : { files: options.files }),
    })) {
      fold.block(block);
      if (buffer.size >= PORTION_ROWS) await writePortion(options, live, follower);
    }
    await writePortion(options, live, follower);
  }
}

async function followerOf(options: CatchUpOptions): Promise<Follower> {
  const { tickFile, gapStore, ledgerMemory, venues, calendars } = options;
  const state = await tickFile.loadState();
  const instruments = new InstrumentTable();
  for (const row of state.instruments) addInstrument(instruments, row);
  const buffer = new TickBuffer({ maxRows: PORTION_ROWS * 4 });
  const gaps = new GapLedger({ instruments, calendars });
  const fold = new Fold(
    {
      instruments,
      venues,
      calendars,
      gaps,
      onTicks: (batch) => buffer.append(batch),
      onVenue: (rows) => buffer.appendVenue(rows),
      onControl: (event, receiveMicros, offset) => gaps.control(event, { receiveMicros, offset }),
    },
    state.appliedOffset,
  );
  gaps.attach(fold.deduplicator);
  await restoreCoverage(tickFile, fold.deduplicator);
  gaps.load(await gapStore.load({ asOf: state.appliedOffset }), await ledgerMemory.load(state.appliedOffset));
  return { fold, gaps, buffer };
}

/** Gaps first: after a crash, ticks that are stored cannot tell of them any more. */
async function writePortion(
  options: CatchUpOptions,
  live: LiveSide,
  { fold, gaps, buffer }: Follower,
): Promise<void> {
  const { tickFile, gapStore, ledgerMemory, clock } = options;
  const appliedOffset = fold.settle();
  const chunks = buffer.take();
  const venue = buffer.takeVenue();
  if (appliedOffset > tickFile.appliedOffset) {
    const rows = gaps.takeChanges();
    if (rows.length > 0) await gapStore.append(rows);
    live.storedGaps(rows.length);
    await ledgerMemory.save(appliedOffset, gaps.memory());
    await tickFile.append(chunks, { appliedOffset, receiveMicros: clock.nowMicros(), venue });
  }
  buffer.recycle(chunks);
}
