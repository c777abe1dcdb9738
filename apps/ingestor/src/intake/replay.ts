import type { FrameSource, Instrument } from '@tickwright/market';
import type { FrameBlock, Journal } from '@tickwright/journal';
import type { Clock } from '@tickwright/runtime';
import type { Core } from '../core.ts';

/** Ticks buffered before they are written while replaying as fast as possible. */
const FLUSH_ROWS = 200_000;
/** Frames between two looks at the clock, so that the event loop stays free for signals and a progress bar. */
const FRAMES_A_TURN = 20_000;
/** The same when the recorded pace is kept. */
const FRAMES_A_TURN_PACED = 1;
/** Sources remembered at a time. */
const MAX_HANDLES = 1_000;
/** Recorded time between two publications of candles at full speed: candles out of memory would have to be read back. */
const PUBLISH_EVERY_MICROS = 30 * 60_000_000;

export interface ReplayOptions {
  readonly core: Core;
  readonly instruments: readonly Instrument[];
  /** The frames, in the order to take them. */
  readonly blocks: AsyncIterable<FrameBlock>;
  /** 1: as recorded, 10: ten times as fast, Infinity: as fast as possible. */
  readonly speed: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
  readonly onProgress?: (progress: { readonly frames: number }) => void;
}

export interface ReplayResult {
  readonly frames: number;
  readonly accepted: number;
  readonly duplicates: number;
  readonly isComplete: boolean;
}

/**
 * Takes recorded frames the way live ones go: into the journal, then through the fold. Time is the recorded receive
 * time. What the same data directory has already seen adds nothing.
 */
export async function replay(options: ReplayOptions): Promise<ReplayResult> {
  const { core, signal, clock } = options;
  core.register(options.instruments);
  const before = { ...core.pipeline.deduplicator.counts };
  const pace = new Pace(options.speed, clock);
  const sources = new SourceHandles(core.journal);
  let frames = 0;
  let publishAfter = 0;
  for await (const block of options.blocks) {
    if (signal.aborted) break;
    const last = block.receiveTime[block.count - 1] ?? 0;
    const step = Number.isFinite(options.speed) ? FRAMES_A_TURN_PACED : FRAMES_A_TURN;
    for (let start = 0; start < block.count; start += step) {
      const end = Math.min(block.count, start + step);
      await pace.wait(block.receiveTime[start] ?? 0, signal);
      if (signal.aborted) break;
      await journalRoom(core.journal);
      take(core, block, { start, end, sources });
      frames += end - start;
      if (core.pipeline.buffer.size >= FLUSH_ROWS) await core.flusher.flush();
    }
    options.onProgress?.({ frames });
    if (last >= publishAfter) {
      publishAfter = last + PUBLISH_EVERY_MICROS;
      await core.aggregator.cycle();
    }
  }
  const isStored = await core.settle();
  const { counts } = core.pipeline.deduplicator;
  return {
    frames,
    accepted: counts.accepted - before.accepted,
    duplicates: counts.duplicates - before.duplicates,
    isComplete: isStored && !signal.aborted,
  };
}

function take(
  core: Core,
  block: FrameBlock,
  range: { start: number; end: number; sources: SourceHandles },
): void {
  const { journal, pipeline } = core;
  for (let frame = range.start; frame < range.end; frame += 1) {
    const bytes = block.bytes.subarray(block.start[frame], block.end[frame]);
    const source = block.sources[block.source[frame] ?? 0];
    if (source === undefined) throw new RangeError('a block names a source that it does not list');
    const receiveMicros = block.receiveTime[frame] ?? 0;
    const offset = journal.append(range.sources.handle(source), receiveMicros, bytes);
    pipeline.fold.frame({ source, receiveMicros, offset, bytes });
  }
  pipeline.settle();
}

/** Waits while the journal holds as much as it may; the disk sets the pace then. */
async function journalRoom(journal: Journal): Promise<void> {
  if (journal.isCongested) await journal.sync();
}

/** Journal handles of the sources that blocks name. */
class SourceHandles {
  readonly #journal: Journal;
  readonly #handles = new Map<FrameSource, number>();

  constructor(journal: Journal) {
    this.#journal = journal;
  }

  handle(source: FrameSource): number {
    let handle = this.#handles.get(source);
    if (handle === undefined) {
      // Blocks bring tables of their own, equal in content: the journal interns by content.
      if (this.#handles.size > MAX_HANDLES) this.#handles.clear();
      handle = this.#journal.source(source);
      this.#handles.set(source, handle);
    }
    return handle;
  }
}

/** Holds frames back until their recorded time has come. */
class Pace {
  readonly #speed: number;
  readonly #clock: Clock;
  #firstMicros: number | undefined;
  #startedMs = 0;

  constructor(speed: number, clock: Clock) {
    this.#speed = speed;
    this.#clock = clock;
  }

  async wait(receiveMicros: number, signal: AbortSignal): Promise<void> {
    if (!Number.isFinite(this.#speed)) return nextTurn();
    if (this.#firstMicros === undefined) {
      this.#firstMicros = receiveMicros;
      this.#startedMs = this.#clock.monotonicMs();
    }
    const dueMs = this.#startedMs + (receiveMicros - this.#firstMicros) / 1_000 / this.#speed;
    const waitMs = dueMs - this.#clock.monotonicMs();
    if (waitMs > 0) await this.#clock.sleep(waitMs, signal).catch(() => undefined);
  }
}

function nextTurn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}
