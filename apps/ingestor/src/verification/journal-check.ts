import { join } from 'node:path';
import { FrameKind, SIDE_NAMES, TickBatch } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { FrameBlock } from '@tickwright/journal';
import type { VerificationProblem } from '@tickwright/store';
import { MAX_TICKS_A_FRAME, catalogue } from '@tickwright/venues';
import type { Decoder } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { isoMicros } from '../http/queries.ts';

/** So many differences are listed; all are counted. */
const LISTED_MAX = 100;

export interface JournalCheck {
  /** Ticks that were compared with the frames they came from. */
  readonly proved: number;
  readonly differences: number;
  /** The first of them. */
  readonly problems: readonly VerificationProblem[];
}

/**
 * Decodes the frames of the stored ticks once more, as far back as the journal reaches, and compares: a price that was
 * changed inside its candle's range shows nowhere else. Ticks whose frames are gone are not judged.
 */
export async function checkAgainstJournal(core: Core, signal: AbortSignal): Promise<JournalCheck> {
  const limit = core.tickFile.appliedOffset;
  const frames = new Frames(core, limit);
  const problems: VerificationProblem[] = [];
  let proved = 0;
  let differences = 0;
  try {
    const first = await frames.firstOffset();
    if (first === undefined) return { proved, differences, problems };
    for await (const stored of core.tickFile.ticksFrom(first)) {
      signal.throwIfAborted();
      for (let row = 0; row < stored.count && stored.offset[row] < limit; row += 1) {
        const told = await frames.ticksAt(stored.offset[row]);
        if (told === undefined) continue;
        proved += 1;
        const from = rowOf(told, stored.index[row]);
        if (from >= 0 && isSame(stored, row, told, from)) continue;
        differences += 1;
        if (problems.length < LISTED_MAX) problems.push(problem(core, { stored, row, told, from }));
      }
    }
  } finally {
    await frames.close();
  }
  return { proved, differences, problems };
}

/** The frames of a journal in order of offset, decoded when they are asked for. */
class Frames {
  /** Decoders of our own: the live ones count what the venues sent, not what is read again. */
  readonly #decoders: ReadonlyMap<string, Decoder>;
  readonly #blocks: AsyncGenerator<FrameBlock, void, undefined>;
  readonly #ticks = new TickBatch(MAX_TICKS_A_FRAME);
  #block: FrameBlock | undefined;
  #decodedOffset = -1;
  #hasTicks = false;

  constructor(core: Core, to: number) {
    this.#decoders = new Map(
      catalogue.names().map((name) => [name, catalogue.venue(name).createDecoder(core.instruments)]),
    );
    this.#blocks = readJournal({ directory: join(core.dataDir, 'journal'), to });
  }

  async firstOffset(): Promise<number | undefined> {
    await this.#advance();
    return this.#block?.firstOffset;
  }

  /** The ticks that the frame tells, valid until the next call; undefined when the frame is gone. Offsets only rise. */
  async ticksAt(offset: number): Promise<TickBatch | undefined> {
    if (offset === this.#decodedOffset) return this.#hasTicks ? this.#ticks : undefined;
    this.#decodedOffset = offset;
    while (this.#block !== undefined && this.#block.firstOffset + this.#block.count <= offset)
      await this.#advance();
    const block = this.#block;
    this.#hasTicks = block !== undefined && offset >= block.firstOffset && this.#decode(block, offset);
    return this.#hasTicks ? this.#ticks : undefined;
  }

  async close(): Promise<void> {
    await this.#blocks.return();
  }

  async #advance(): Promise<void> {
    const next = await this.#blocks.next();
    this.#block = next.done === true ? undefined : next.value;
  }

  /** False for a frame of a venue that this version does not know. */
  #decode(block: FrameBlock, offset: number): boolean {
    const at = offset - block.firstOffset;
    const source = block.sources[block.source[at]];
    const decoder = this.#decoders.get(source.venue);
    if (decoder === undefined) return false;
    const bytes = block.bytes.subarray(block.start[at], block.end[at]);
    this.#ticks.clear();
    if (source.kind === FrameKind.message) decoder.decode(bytes, block.receiveTime[at], offset, this.#ticks);
    else if (source.kind === FrameKind.answer)
      decoder.decodeAnswer(bytes, block.receiveTime[at], offset, this.#ticks);
    return true;
  }
}

function rowOf(ticks: TickBatch, index: number): number {
  for (let row = 0; row < ticks.count; row += 1) if (ticks.index[row] === index) return row;
  return -1;
}

/** All that a frame tells of a tick. The volume of conflated ticks is computed, not told. */
function isSame(a: TickBatch, i: number, b: TickBatch, j: number): boolean {
  return (
    a.instrument[i] === b.instrument[j] &&
    a.eventTime[i] === b.eventTime[j] &&
    a.receiveTime[i] === b.receiveTime[j] &&
    a.price[i] === b.price[j] &&
    a.quantity[i] === b.quantity[j] &&
    a.side[i] === b.side[j] &&
    a.kind[i] === b.kind[j] &&
    a.idSpace[i] === b.idSpace[j] &&
    a.tradeId[i] === b.tradeId[j] &&
    a.cumulativeVolume[i] === b.cumulativeVolume[j]
  );
}

function problem(
  core: Core,
  at: { stored: TickBatch; row: number; told: TickBatch; from: number },
): VerificationProblem {
  const { stored, row, told, from } = at;
  const instrument = core.instruments.at(stored.instrument[row]).key;
  const time = isoMicros(stored.eventTime[row]);
  const found = described(core, stored, row);
  const expected = from < 0 ? 'no such tick' : described(core, told, from);
  const id = stored.tradeId[row] < 0 ? '' : ` trade ${stored.tradeId[row]}`;
  const message = `${instrument}${id} at ${time} (frame ${stored.offset[row]}) is stored as ${found}; its frame says ${expected}`;
  return { kind: 'tick differs', instrument, at: time, expected, found, message };
}

function described(core: Core, ticks: TickBatch, row: number): string {
  const { key } = core.instruments.at(ticks.instrument[row]);
  const side = SIDE_NAMES[ticks.side[row]] ?? 'unknown';
  return `${key} ${side} ${ticks.quantity[row]} at ${ticks.price[row]}, id ${ticks.tradeId[row]}, ${isoMicros(ticks.eventTime[row])}`;
}
