import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { FrameKind } from '@tickwright/market';
import { ManualClock, systemClock } from '@tickwright/runtime';
import { describe, expect, test } from 'vitest';
import { JournalClosedError, JournalOpenError } from './journal-errors.ts';
import { readJournal } from './reading/journal-reader.ts';
import { openJournal } from './writing/open-journal.ts';
import {
  appendTestFrames,
  appendTurns,
  inFolder,
  quietLog as log,
  range,
  readTestFrames,
  testBytes,
} from './frames-fixture.ts';

const name = 'test';
const clock = systemClock;

describe('a journal', () => {
  test('gives back every frame with its offset, source, time and bytes, over several turns and runs', () =>
    inFolder(async (directory) => {
      for (let run = 0; run < 3; run++) {
        await using journal = await openJournal({ directory, name, clock, log });
        expect(journal.repaired).toBeUndefined();
        expect(journal.nextOffset).toBe(run * 150);
        await appendTurns(journal, 50);
        appendTestFrames(journal, 100);
      }
      const back = await readTestFrames({ directory });
      expect(back).toEqual({ offsets: range(0, 450), damage: [], different: [] });
    }));

  test('keeps empty frames, frames larger than a chunk, and hundreds of sources', () =>
    inFolder(async (directory) => {
      const sizes = [0, 1, 1_048_576, 5_000_000, 0, 700_000, 700_000, 3];
      await using journal = await openJournal({ directory, name, clock, log });
      for (const [i, size] of sizes.entries()) {
        const source = journal.source({ venue: 'v', connection: `c${i}`, kind: FrameKind.message });
        journal.append(source, i, Buffer.alloc(size, i));
      }
      for (let i = 0; i < 300; i++) {
        const source = journal.source({ venue: 'w', connection: `c${i}`, kind: FrameKind.answer });
        journal.append(source, Number.MAX_SAFE_INTEGER - i, testBytes(i));
      }
      await journal.sync();
      let at = 0;
      for await (const block of readJournal({ directory })) {
        for (let i = 0; i < block.count; i++, at++) {
          const bytes = block.bytes.subarray(block.start[i], block.end[i]);
          const n = at - sizes.length;
          const isLate = n >= 0;
          expect(bytes.equals(isLate ? testBytes(n) : Buffer.alloc(sizes[at], at))).toBe(true);
          expect(block.receiveTime[i]).toBe(isLate ? Number.MAX_SAFE_INTEGER - n : at);
          expect(block.sources[block.source[i]].connection).toBe(isLate ? `c${n}` : `c${at}`);
        }
      }
      expect(at).toBe(308);
    }));

  test('refuses a time that is not whole microseconds, and an unknown source, and appends nothing then', () =>
    inFolder(async (directory) => {
      await using journal = await openJournal({ directory, name, clock, log });
      const source = journal.source({ venue: 'v', connection: 'c', kind: FrameKind.message });
      expect(() => journal.append(source, 1.5, testBytes(0))).toThrow(RangeError);
      expect(() => journal.append(source, Number.NaN, testBytes(0))).toThrow(RangeError);
      expect(() => journal.append(source + 1, 1, testBytes(0))).toThrow(RangeError);
      expect(journal.nextOffset).toBe(0);
    }));

  test('rolls files, compresses the finished ones, and reads across them from any offset to any other', () =>
    inFolder(async (directory) => {
      const options = { directory, name, clock, log, fileBytes: 20_000 };
      {
        await using journal = await openJournal(options);
        for (let i = 0; i < 20; i++) {
          appendTestFrames(journal, 100);
          await journal.sync();
        }
        await journal.compressed();
      }
      const names = (await readdir(directory)).sort();
      expect(names.length).toBeGreaterThan(5);
      expect(names.filter((file) => file.endsWith('.tj.gz'))).toHaveLength(names.length - 1);
      expect(await readTestFrames({ directory })).toEqual({
        offsets: range(0, 2000),
        damage: [],
        different: [],
      });
      for (const [from, to] of [
        [0, 1],
        [99, 101],
        [777, 1234],
        [1999, 5000],
        [2000, 3000],
      ]) {
        const back = await readTestFrames({ directory, from, to });
        expect(back).toEqual({ offsets: range(from, Math.min(to, 2000)), damage: [], different: [] });
      }
    }));

  test('can be read while it is written, and a later reading goes on where the first one ended', () =>
    inFolder(async (directory) => {
      await using journal = await openJournal({ directory, name, clock, log, fileBytes: 30_000 });
      let next = 0;
      const writing = (async () => {
        for (let i = 0; i < 300; i++) await appendTurns(journal, 10);
        await journal.sync();
      })();
      const progress = { isDone: false };
      void writing.then(() => (progress.isDone = true));
      while (!progress.isDone) {
        const back = await readTestFrames({ directory, from: next });
        expect(back.damage).toEqual([]);
        expect(back.different).toEqual([]);
        expect(back.offsets).toEqual(range(next, next + back.offsets.length));
        next += back.offsets.length;
      }
      const rest = await readTestFrames({ directory, from: next });
      expect(next + rest.offsets.length).toBe(3000);
    }));

  test('syncs in groups: what was written becomes durable at the interval, not with each block', () =>
    inFolder(async (directory) => {
      const manual = new ManualClock({ startMicros: 1 });
      const journal = await openJournal({ directory, name, clock: manual, log, syncIntervalMs: 20 });
      await journal.sync();
      await appendTurns(journal, 1);
      await untilWritten(() => manual.sleeping === 1);
      await manual.advance(0);
      await journal.waitDurable(1);
      await appendTurns(journal, 5);
      while ((await readTestFrames({ directory })).offsets.length < 6) await manual.advance(0);
      await manual.advance(19);
      expect(journal.durableOffset).toBe(1);
      await manual.advance(1);
      await journal.waitDurable(6);
      expect(journal.health).toMatchObject({ state: 'ok', syncs: 2, durableOffset: 6, pendingBytes: 0 });
      await journal.close();
    }));

  test('waiting for an offset can be aborted, and ends with the journal when the offset was never appended', () =>
    inFolder(async (directory) => {
      const journal = await openJournal({ directory, name, clock, log });
      const abort = new AbortController();
      const aborted = journal.waitDurable(5, abort.signal);
      const never = journal.waitDurable(5);
      abort.abort(new Error('enough'));
      await expect(aborted).rejects.toThrow('enough');
      appendTestFrames(journal, 3);
      const closing = journal.close();
      expect(journal.close()).toBe(closing);
      await expect(never).rejects.toThrow(JournalClosedError);
      await closing;
      expect(journal.durableOffset).toBe(3);
      expect(() => appendTestFrames(journal, 1)).toThrow(JournalClosedError);
    }));

  test('a directory of another log is refused', () =>
    inFolder(async (directory) => {
      const journal = await openJournal({ directory, name, clock, log });
      appendTestFrames(journal, 1);
      await journal.close();
      await expect(openJournal({ directory, name: 'other', clock, log })).rejects.toThrow(JournalOpenError);
    }));

  test('never gives an offset below the one its caller has stored: what is missing between is reported', () =>
    inFolder(async (directory) => {
      const first = await openJournal({ directory, name, clock, log });
      appendTestFrames(first, 10);
      await first.close();
      const second = await openJournal({ directory, name, clock, log, minimumOffset: 25 });
      appendTestFrames(second, 5);
      await second.close();
      const back = await readTestFrames({ directory });
      expect(back.offsets).toEqual([...range(0, 10), ...range(25, 30)]);
      expect(back.damage).toMatchObject([{ reason: 'missing', firstOffset: 10, endOffset: 25 }]);
      expect(back.different).toEqual([]);
    }));

  test('reading a folder that does not exist gives nothing', () =>
    inFolder(async (folder) => {
      expect((await readTestFrames({ directory: join(folder, 'none') })).offsets).toEqual([]);
    }));
});

async function untilWritten(isTrue: () => boolean): Promise<void> {
  while (!isTrue()) await new Promise((resolve) => setImmediate(resolve));
}
