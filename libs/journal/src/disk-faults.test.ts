import { ManualClock } from '@tickwright/runtime';
import { describe, expect, test } from 'vitest';
import { memoryFiles, type MemoryFiles } from './files/faulty-files.ts';
import { inspectJournal } from './upkeep/inspection.ts';
import type { Journal } from './journal.ts';
import { JournalCloseError, JournalFullError } from './journal-errors.ts';
import { openJournal, type OpenJournalOptions } from './writing/open-journal.ts';
import {
  appendTestFrames,
  appendTurns,
  lost,
  quietLog as log,
  range,
  readTestFrames,
  seededRandom,
} from './frames-fixture.ts';

const directory = '/journal';

function open(files: MemoryFiles, options: Partial<OpenJournalOptions> = {}): Promise<Journal> {
  const clock = options.clock ?? new ManualClock({ startMicros: 1 });
  return openJournal({ directory, name: 'test', log, files, clock, ...options });
}

async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

describe('a power loss', () => {
  test.each(['synced-only', 'random-prefix'] as const)(
    'keeps every frame below the durable offset, in order and unchanged (%s)',
    async (kind) => {
      const random = seededRandom(7);
      let files = memoryFiles();
      let durable = 0;
      for (let round = 0; round < 30; round++) {
        const clock = new ManualClock({ startMicros: 1 });
        const journal = await open(files, { clock, fileBytes: 15_000 });
        expect(journal.nextOffset).toBeGreaterThanOrEqual(durable);
        for (let i = Math.floor(random() * 20); i > 0; i--) {
          appendTestFrames(journal, Math.floor(random() * 20));
          if (random() < 0.5) await turns(Math.floor(random() * 8));
          if (random() < 0.3) await clock.advance(20);
          if (random() < 0.1) await journal.sync();
        }
        durable = journal.durableOffset;
        files = files.crash({ kind, random });
        const back = await readTestFrames({ directory, files });
        expect(back.different).toEqual([]);
        expect(back.damage).toEqual([]);
        expect(back.offsets).toEqual(range(0, back.offsets.length));
        expect(back.offsets.length).toBeGreaterThanOrEqual(durable);
      }
      expect(durable).toBeGreaterThan(500);
    },
  );
});

test('what a killed process left unsynced is on disk before the next one calls it durable', async () => {
  const files = memoryFiles();
  const killed = await open(files);
  appendTestFrames(killed, 10);
  await turns(30);
  expect(killed.durableOffset).toBe(0);
  const next = await open(files);
  expect(next.durableOffset).toBe(10);
  const disk = files.crash({ kind: 'synced-only' });
  expect((await readTestFrames({ directory, files: disk })).offsets).toEqual(range(0, 10));
});

test('what a start could not sync is on disk before a later start calls it durable', async () => {
  const files = memoryFiles();
  const killed = await open(files);
  appendTestFrames(killed, 10);
  await turns(30);
  // The system drops what it could not write, goes on showing it, and calls the next sync a success.
  files.fail({ operation: 'datasync', code: 'EIO', times: 1 });
  await expect(open(files)).rejects.toThrow('EIO');
  const next = await open(files);
  expect(next.durableOffset).toBe(10);
  const disk = files.crash({ kind: 'synced-only' });
  expect((await readTestFrames({ directory, files: disk })).offsets).toEqual(range(0, 10));
});

describe('a failed sync', () => {
  test('gives the file up: its frames that were not durable are written to a new one, none lost, none doubled', async () => {
    const files = memoryFiles();
    const journal = await open(files);
    appendTestFrames(journal, 10);
    await journal.sync();
    files.fail({ operation: 'datasync', code: 'EIO', times: 1 });
    appendTestFrames(journal, 10);
    await journal.sync();
    appendTestFrames(journal, 10);
    await journal.close();
    expect(journal.health).toMatchObject({ state: 'ok', failovers: 1, files: 2, durableOffset: 30 });
    const disk = files.crash({ kind: 'synced-only' });
    const back = await readTestFrames({ directory, files: disk });
    expect(back).toEqual({ offsets: range(0, 30), damage: [], different: [] });
    const inspected = await inspectJournal(directory, { files: disk });
    expect(inspected.map((file) => [file.firstOffset, file.endOffset, file.state])).toEqual([
      [0, 10, 'whole'],
      [10, 30, 'whole'],
    ]);
  });

  test('where the old file cannot be cut either, readers take the frames of the later file', async () => {
    const files = memoryFiles();
    const journal = await open(files, { compression: 'none' });
    appendTestFrames(journal, 10);
    await journal.sync();
    files.fail({ operation: 'write', code: 'EIO', times: 1 });
    files.fail({ operation: 'truncate', code: 'EIO', times: 1 });
    appendTestFrames(journal, 10);
    await journal.close();
    const inspected = await inspectJournal(directory, { files });
    expect(inspected.map((file) => file.firstOffset)).toEqual([0, 10]);
    expect(await readTestFrames({ directory, files })).toEqual({
      offsets: range(0, 20),
      damage: [],
      different: [],
    });
  });

  test('of the first frames replaces the file, since nothing in it is durable', async () => {
    const files = memoryFiles();
    const clock = new ManualClock();
    const journal = await open(files, { clock });
    files.fail({ operation: 'datasync', code: 'EIO', times: 1, nameEnd: '.tj' });
    files.fail({ operation: 'datasync', code: 'EIO', times: 2, nameEnd: '.tmp' });
    appendTestFrames(journal, 10);
    const closing = journal.sync();
    while (journal.durableOffset < 10) await clock.advance(100);
    await closing;
    await journal.close();
    expect(await readTestFrames({ directory, files })).toMatchObject({ offsets: range(0, 10), damage: [] });
  });

  test('at random, with failing writes and power losses, loses no durable frame and doubles none', async () => {
    const random = seededRandom(99);
    let files = memoryFiles();
    let durable = 0;
    for (let round = 0; round < 40; round++) {
      const clock = new ManualClock({ startMicros: 1 });
      const journal = await open(files, { clock, fileBytes: 10_000 });
      for (let i = 0; i < 15; i++) {
        const operation = (['write', 'datasync', 'rename', 'syncDirectory', 'truncate'] as const)[
          Math.floor(random() * 5)
        ];
        if (random() < 0.4) files.fail({ operation, code: 'EIO', times: Math.ceil(random() * 3) });
        appendTestFrames(journal, Math.floor(random() * 10));
        await turns(Math.floor(random() * 10));
        if (random() < 0.5) await clock.advance(100);
      }
      durable = journal.durableOffset;
      files = files.crash({ kind: 'synced-only' });
      const back = await readTestFrames({ directory, files });
      expect(back.different).toEqual([]);
      expect(back.offsets).toEqual(range(0, back.offsets.length));
      expect(back.offsets.length).toBeGreaterThanOrEqual(durable);
    }
    expect(durable).toBeGreaterThan(300);
  });
});

describe('a full disk', () => {
  test('stops durability, not appending, and everything is written when there is space again', async () => {
    const files = memoryFiles();
    const clock = new ManualClock({ startMicros: 1 });
    const journal = await open(files, { clock });
    appendTestFrames(journal, 10);
    await journal.sync();
    files.fail({ operation: 'write', code: 'ENOSPC' });
    for (let i = 0; i < 50; i++) {
      await appendTurns(journal, 5);
      await clock.advance(500);
    }
    expect(journal.health).toMatchObject({ state: 'failing', durableOffset: 10, nextOffset: 260 });
    expect(journal.health.lastError).toContain('ENOSPC');
    expect(await readTestFrames({ directory, files })).toMatchObject({ offsets: range(0, 10), damage: [] });
    files.heal();
    for (let i = 0; i < 50; i++) await clock.advance(100);
    expect(journal.health).toMatchObject({ state: 'ok', durableOffset: 260, pendingBytes: 0 });
    await journal.close();
    expect(await readTestFrames({ directory, files })).toEqual({
      offsets: range(0, 260),
      damage: [],
      different: [],
    });
  });

  test('signals congestion at the bound, refuses frames at twice the bound, and ends congestion at half of it', async () => {
    const files = memoryFiles();
    const clock = new ManualClock({ startMicros: 1 });
    const journal = await open(files, { clock, maxPendingBytes: 2_000_000 });
    const signals: boolean[] = [];
    journal.onCongestion((isCongested) => signals.push(isCongested));
    files.fail({ operation: 'write', code: 'ENOSPC' });
    const source = journal.source({ venue: 'v', connection: 'c', kind: 1 });
    const frame = Buffer.alloc(100_000);
    const append = (): number => journal.append(source, 1, frame);
    while (!journal.isCongested) append();
    expect(journal.pendingBytes).toBeGreaterThanOrEqual(2_000_000);
    expect(journal.pendingBytes).toBeLessThan(2_000_000 + 1_200_000);
    expect(() => {
      for (let i = 0; i < 100; i++) append();
    }).toThrow(JournalFullError);
    expect(journal.pendingBytes).toBeLessThan(4_000_000 + 1_200_000);
    const { nextOffset } = journal;
    files.heal();
    while (journal.durableOffset < nextOffset) await clock.advance(100);
    expect(signals).toEqual([true, false]);
    expect(append()).toBe(nextOffset);
    await journal.close();
  });

  test('makes closing fail after its time-out, and say how many frames are not on disk', async () => {
    const files = memoryFiles();
    const clock = new ManualClock({ startMicros: 1 });
    const journal = await open(files, { clock, closeTimeoutMs: 3_000 });
    files.fail({ operation: 'write', code: 'ENOSPC' });
    appendTestFrames(journal, 7);
    const waiting = expect(journal.waitDurable(7)).rejects.toThrow('is closed');
    const closing = expect(journal.close()).rejects.toThrow(JournalCloseError);
    for (let i = 0; i < 40; i++) await clock.advance(100);
    await closing;
    await waiting;
  });
});

describe('compression', () => {
  test('that fails or loses power leaves every frame readable', async () => {
    const random = seededRandom(3);
    let files = memoryFiles();
    for (let round = 0; round < 20; round++) {
      const journal = await open(files, { fileBytes: 5_000 });
      files.fail({ operation: 'write', code: 'ENOSPC', times: 1, nameEnd: '.gz.tmp' });
      for (let i = 0; i < 5; i++) {
        appendTestFrames(journal, 60);
        await journal.sync();
        await turns(Math.floor(random() * 60));
      }
      files = files.crash({ kind: 'random-prefix', random });
      const back = await readTestFrames({ directory, files });
      expect(back).toEqual({ offsets: range(0, (round + 1) * 300), damage: [], different: [] });
      expect(lost(back.damage)).toEqual([]);
    }
    const names = await files.list(directory);
    expect(names.some((name) => name.endsWith('.tj.gz'))).toBe(true);
  });
});
