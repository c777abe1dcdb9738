import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { FrameKind, type FrameSource } from '@tickwright/market';
import type { Log } from '@tickwright/runtime';
import type { JournalDamage } from './upkeep/damage.ts';
import type { Journal } from './journal.ts';
import { readJournal, type ReadJournalOptions } from './reading/journal-reader.ts';

/** For the tests of this lib: frames whose source, time and bytes follow from their offset, so that any can be checked. */
export const TEST_SOURCES: readonly FrameSource[] = [
  { venue: 'binance', connection: 'ws-1', kind: FrameKind.message },
  { venue: 'binance', connection: 'rest', kind: FrameKind.answer },
  { venue: 'tickwright', connection: 'clock', kind: FrameKind.control },
];

const TIME_BASE = 1_723_161_253_937_085;

export function testBytes(offset: number): Buffer {
  return Buffer.from(`{"frame":${offset},"x":"${'y'.repeat((offset * 7919) % 150)}"}`);
}

export function testTime(offset: number): number {
  return TIME_BASE + offset * 1_001;
}

/** Appends the next `count` test frames. */
export function appendTestFrames(journal: Journal, count: number): void {
  const handles = TEST_SOURCES.map((source) => journal.source(source));
  for (let i = 0; i < count; i++) {
    const offset = journal.nextOffset;
    journal.append(handles[offset % handles.length], testTime(offset), testBytes(offset));
  }
}

/** Appends so many frames, each in a turn of its own. */
export async function appendTurns(journal: Journal, count: number): Promise<void> {
  for (let i = 0; i < count; i++) {
    appendTestFrames(journal, 1);
    await new Promise((resolve) => setImmediate(resolve));
  }
}

export interface ReadBack {
  readonly offsets: number[];
  readonly damage: JournalDamage[];
  /** Offsets whose frame is not the one that was appended. */
  readonly different: number[];
}

/** Reads a journal of test frames and compares each with what it must be. */
export async function readTestFrames(options: ReadJournalOptions): Promise<ReadBack> {
  const back: ReadBack = { offsets: [], damage: [], different: [] };
  const onDamage = (damage: JournalDamage): void => void back.damage.push(damage);
  for await (const block of readJournal({ ...options, onDamage })) {
    for (let i = 0; i < block.count; i++) {
      const offset = block.firstOffset + i;
      back.offsets.push(offset);
      const source = block.sources[block.source[i]];
      const expected = TEST_SOURCES[offset % TEST_SOURCES.length];
      const isSame =
        testBytes(offset).equals(block.bytes.subarray(block.start[i], block.end[i])) &&
        block.receiveTime[i] === testTime(offset) &&
        source.venue === expected.venue &&
        source.connection === expected.connection &&
        source.kind === expected.kind;
      if (!isSame) back.different.push(offset);
    }
  }
  return back;
}

/** `[from, from + 1, ..., to - 1]` */
export function range(from: number, to: number): number[] {
  return Array.from({ length: to - from }, (_, i) => from + i);
}

/** Offsets that are told as lost. */
export function lost(damage: readonly JournalDamage[]): number[] {
  return damage.flatMap((one) => range(one.firstOffset, one.endOffset));
}

/** Runs with a temporary folder, which is removed after. */
export async function inFolder<T>(use: (folder: string) => Promise<T>): Promise<T> {
  const folder = await mkdtemp(join(tmpdir(), 'tickwright-journal-'));
  try {
    return await use(folder);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

export const quietLog: Log = {
  debug: () => undefined,
  info: () => undefined,
  warn: () => undefined,
  error: () => undefined,
};

/** A seeded generator of numbers in [0, 1): mulberry32. */
export function seededRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
