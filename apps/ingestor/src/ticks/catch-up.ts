import { InstrumentTable } from '@tickwright/market';
import type { Calendars, Deduplicator, HoleListener } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { FileLayer, Journal } from '@tickwright/journal';
import type { Clock } from '@tickwright/runtime';
import type { Venue } from '@tickwright/venues';
import { Fold, addInstrument } from '../intake/fold.ts';
import { TickBuffer } from './tick-buffer.ts';
import type { TickStore } from './tick-store.ts';

/** Rows of one transaction while catching up: large enough to be fast, small enough to bound memory. */
const PORTION_ROWS = 200_000;
/** When the live fold is this close, the two are joined. */
const JOIN_WITHIN_FRAMES = 50_000;

const NO_GAPS: HoleListener = { first() {}, hole() {}, ahead() {}, covered() {}, givenUp() {}, ticked() {} };

export interface CatchUpOptions {
  readonly journal: Journal;
  readonly journalDirectory: string;
  /** Where the journal's files are; the real ones unless told. */
  readonly files?: FileLayer;
  readonly tickFile: TickStore;
  readonly venues: readonly Venue[];
  readonly calendars: Calendars;
  readonly clock: Clock;
}

/** What the catching up needs of the live fold that runs beside it. */
export interface LiveSide {
  /** Called once, near the end: names the offset from which the live side takes over. */
  join(): number;
  /** Stores the gaps that the live fold knows of. Called before ticks are stored: after a crash those could not tell of them. */
  storeGaps(): Promise<void>;
}

/** Loads the covered ids as of the tick file's offset: the newest snapshot and the ticks stored after it, or all ticks. */
export async function restoreCoverage(tickFile: TickStore, deduplicator: Deduplicator): Promise<void> {
  const state = await tickFile.loadState();
  deduplicator.load(state.coverage);
  const from = state.coverage.length === 0 ? 0 : state.coverageOffset;
  for await (const batch of tickFile.ticksFrom(from)) deduplicator.restore(batch);
}

/**
 * Brings the tick file up to the live fold by a fold of its own over the journal, with covered ids as of the tick
 * file's offset.
 */
export async function catchUp(options: CatchUpOptions, live: LiveSide): Promise<void> {
  const { journal, tickFile } = options;
  const state = await tickFile.loadState();
  const instruments = new InstrumentTable();
  for (const row of state.instruments) addInstrument(instruments, row);
  const buffer = new TickBuffer({ maxRows: PORTION_ROWS * 4 });
  const { venues, calendars } = options;
  const fold = new Fold(
    { instruments, venues, calendars, gaps: NO_GAPS, onTicks: (batch) => buffer.append(batch) },
    state.appliedOffset,
  );
  await restoreCoverage(tickFile, fold.deduplicator);
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
      if (buffer.rows >= PORTION_ROWS) await writePortion(options, { live, fold, buffer });
    }
    await writePortion(options, { live, fold, buffer });
  }
}

async function writePortion(
  options: CatchUpOptions,
  { live, fold, buffer }: { live: LiveSide; fold: Fold; buffer: TickBuffer },
): Promise<void> {
  const appliedOffset = fold.settle();
  const chunks = buffer.take();
  await live.storeGaps();
  if (appliedOffset > options.tickFile.appliedOffset) {
    await options.tickFile.append(chunks, { appliedOffset, receiveMicros: options.clock.nowMicros() });
  }
  buffer.recycle(chunks);
}
