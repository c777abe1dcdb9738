import type { Instrument } from '@tickwright/market';
import { encodeImport } from '@tickwright/venues';
import type { CandleImport } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { JournalSink } from '../intake/journal-sink.ts';

/** Under which connection imported candles are journaled. */
const CONNECTION = 'import';
/** Candles of one frame at most: it is decoded in one go. */
const CANDLES_A_FRAME = 1_500;
/** Frames between two publications: candles out of memory would have to be read back. */
const FRAMES_A_CYCLE = 20;
/** A candle counts as closed so long after its end. */
const CLOSED_AFTER_MICROS = 2_000_000;

export interface ImportedCounts {
  readonly candles: number;
  readonly days: number;
  /** Of those, in files of a day that is not over yet: they are taken in when they are imported again. */
  readonly notOver: number;
}

/**
 * Takes candles of files the way a venue's own answers go: into the journal, then through the fold. They stand where ticks
 * do not cover; the same file again adds nothing.
 */
export async function importCandles(
  core: Core,
  options: {
    readonly venue: string;
    readonly instrument: Instrument;
    readonly imports: readonly CandleImport[];
  },
): Promise<ImportedCounts> {
  const { venue, instrument, imports } = options;
  const { journal, pipeline, clock, log, aggregator } = core;
  core.register([instrument]);
  const sink = new JournalSink({ venue, journal, pipeline, clock, log });
  const nowMicros = clock.nowMicros();
  const counts = { candles: 0, days: 0, notOver: 0 };
  let frames = 0;
  for (const told of imports) {
    counts.days += 1;
    for (const piece of pieces(told)) {
      const open = piece.candles.filter(
        ({ openTimeMicros }) => openTimeMicros + piece.minutes * 60_000_000 + CLOSED_AFTER_MICROS > nowMicros,
      ).length;
      counts.notOver += open;
      counts.candles += piece.candles.length - open;
      sink.answer(CONNECTION, nowMicros, encodeImport(piece));
      pipeline.settle();
      if (journal.isCongested) await journal.sync();
      frames += 1;
      if (frames % FRAMES_A_CYCLE === 0) await publish(core);
    }
  }
  await publish(core);
  // Twice, as `settle` does: a cycle that ran meanwhile does not hold the last of it.
  await core.flusher.flush();
  await aggregator.cycle();
  return counts;
}

async function publish({ flusher, aggregator }: Core): Promise<void> {
  await flusher.flush();
  await aggregator.cycle();
}

/** Of a long file as many frames as it takes; what it tells whole is told by each of its own time. */
function pieces(told: CandleImport): CandleImport[] {
  if (told.candles.length <= CANDLES_A_FRAME) return [told];
  const found: CandleImport[] = [];
  const isWhole = told.toMicros > told.fromMicros;
  for (let at = 0; at < told.candles.length; at += CANDLES_A_FRAME) {
    const candles = told.candles.slice(at, at + CANDLES_A_FRAME);
    const first = candles[0]?.openTimeMicros ?? told.fromMicros;
    const next = told.candles[at + CANDLES_A_FRAME]?.openTimeMicros ?? told.toMicros;
    const span = isWhole
      ? { fromMicros: at === 0 ? told.fromMicros : first, toMicros: next }
      : { fromMicros: first, toMicros: first };
    found.push({ ...told, ...span, candles });
  }
  return found;
}
