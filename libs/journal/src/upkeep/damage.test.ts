import { copyFile, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { systemClock as clock } from '@tickwright/runtime';
import { describe, expect, test } from 'vitest';
import { BLOCK_HEADER_BYTES, readBlockHeader } from '../format/block-format.ts';
import { FILE_HEADER_BYTES } from '../format/file-format.ts';
import { memoryFiles } from '../files/faulty-files.ts';
import type { FileLayer } from '../files/file-layer.ts';
import { nodeFiles } from '../files/node-files.ts';
import { inspectJournal } from './inspection.ts';
import type { JournalRepair } from '../writing/tail-repair.ts';
import { openJournal } from '../writing/open-journal.ts';
import {
  appendTestFrames,
  inFolder,
  lost,
  quietLog as log,
  range,
  readTestFrames,
  seededRandom,
} from '../frames-fixture.ts';

const name = 'test';
const FRAMES_A_BLOCK = 4;

/** Writes files of a few blocks each, and returns their paths. */
async function writeJournal(directory: string, blocks: number, fileBytes = 1_000_000): Promise<string[]> {
  const options = { directory, name, clock, log, fileBytes, compression: 'none' } as const;
  await using journal = await openJournal(options);
  for (let i = 0; i < blocks; i++) {
    appendTestFrames(journal, FRAMES_A_BLOCK);
    await journal.sync();
  }
  return (await readdir(directory)).sort().map((file) => join(directory, file));
}

async function reopen(directory: string, files: FileLayer = nodeFiles): Promise<JournalRepair | undefined> {
  const quarantine = `${directory}-quarantine`;
  const journal = await openJournal({ directory, name, clock, log, files, quarantine });
  appendTestFrames(journal, 3);
  await journal.close();
  return journal.repaired;
}

function blockPositions(bytes: Buffer): number[] {
  const positions = [];
  for (let at = FILE_HEADER_BYTES; at < bytes.length;) {
    positions.push(at);
    at += BLOCK_HEADER_BYTES + (readBlockHeader(bytes, at)?.payloadBytes ?? Number.NaN);
  }
  return positions;
}

describe('a torn tail', () => {
  test('is cut to the last whole block, wherever in the block it was torn, and the log goes on behind it', () =>
    inFolder(async (directory) => {
      const [path] = await writeJournal(directory, 3);
      const bytes = await readFile(path);
      const lastBlock = blockPositions(bytes)[2];
      for (let length = lastBlock; length < bytes.length; length++) {
        const files = memoryFiles();
        files.place(join(directory, basename(path)), bytes.subarray(0, length));
        expect(await readTestFrames({ directory, files })).toEqual({
          offsets: range(0, 8),
          damage: [],
          different: [],
        });
        const repaired = await reopen(directory, files);
        expect(repaired?.cutBytes ?? 0).toBe(length - lastBlock);
        if (length >= lastBlock + BLOCK_HEADER_BYTES) {
          expect(repaired?.cutFrames).toEqual({ firstOffset: 8, endOffset: 12 });
        }
        expect(await readTestFrames({ directory, files })).toEqual({
          offsets: range(0, 11),
          damage: [],
          different: [],
        });
        if (length > lastBlock) expect(await files.list(`${directory}-quarantine`)).toHaveLength(1);
      }
    }));

  test('around the edges of every block and of the file header leaves whole blocks only', () =>
    inFolder(async (directory) => {
      const [path] = await writeJournal(directory, 5);
      const bytes = await readFile(path);
      const edges = [0, FILE_HEADER_BYTES, ...blockPositions(bytes), bytes.length];
      const lengths = new Set(edges.flatMap((edge) => [edge - 1, edge, edge + 1, edge + 31, edge + 32]));
      for (const length of lengths) {
        if (length < 0 || length > bytes.length) continue;
        const files = memoryFiles();
        files.place(join(directory, basename(path)), bytes.subarray(0, length));
        const blocks = blockPositions(bytes).filter(
          (_, i, all) => (all[i + 1] ?? bytes.length) <= length,
        ).length;
        await reopen(directory, files);
        const back = await readTestFrames({ directory, files });
        expect(back.offsets).toEqual(range(0, blocks * FRAMES_A_BLOCK + 3));
        expect(back.different).toEqual([]);
        expect(lost(back.damage)).toEqual([]);
      }
    }));
});

describe('damage', () => {
  test('by any flipped bit is repaired or reported by its offsets: no frame is silently different or missing', () =>
    inFolder(async (directory) => {
      const paths = await writeJournal(directory, 20, 1_500);
      expect(paths.length).toBeGreaterThan(3);
      const contents = await Promise.all(paths.map((path) => readFile(path)));
      const random = seededRandom(20_240_808);
      for (let round = 0; round < 250; round++) {
        const files = memoryFiles();
        const flipped = Math.floor(random() * contents.length);
        for (const [i, bytes] of contents.entries()) {
          const copy = Buffer.from(bytes);
          if (i === flipped) copy[Math.floor(random() * copy.length)] ^= 1 << Math.floor(random() * 8);
          files.place(paths[i], copy);
        }
        const states = (await inspectJournal(directory, { files })).map((file) => file.state);
        expect(states[flipped]).not.toBe('whole');
        const repaired = await reopen(directory, files);
        const back = await readTestFrames({ directory, files });
        expect(back.different).toEqual([]);
        // What is not there is told, by the reader or by the repair; what is there, is there once and in order.
        const end = (back.offsets.at(-1) ?? 0) + 1;
        expect([...back.offsets, ...lost(back.damage)].sort((a, b) => a - b)).toEqual(range(0, end));
        expect(end < 83).toBe((repaired?.cutBytes ?? 0) > 0);
      }
    }));

  test('in the middle of a file is copied to the quarantine, once, and reading goes on behind it', () =>
    inFolder(async (folder) => {
      const directory = join(folder, 'journal');
      const [path] = await writeJournal(directory, 6);
      const bytes = await readFile(path);
      const [, second, third, fourth] = blockPositions(bytes);
      bytes.fill(0xee, second + 40, third + 10);
      await writeFile(path, bytes);
      const quarantine = join(folder, 'quarantine');
      for (let i = 0; i < 2; i++) {
        const back = await readTestFrames({ directory, quarantine });
        expect(back.offsets).toEqual([...range(0, 4), ...range(12, 24)]);
        expect(back.damage).toEqual([
          { reason: 'checksum', firstOffset: 4, endOffset: 12, path, bytes: { from: second, to: fourth } },
        ]);
      }
      const [copy, ...others] = await readdir(quarantine);
      expect(others).toEqual([]);
      const quarantined = await readFile(join(quarantine, copy));
      expect(quarantined.equals(bytes.subarray(second, fourth))).toBe(true);
    }));

  test('is copied whole in the end, also when the first copy was broken off', () =>
    inFolder(async (folder) => {
      const [path] = await writeJournal(folder, 3);
      const bytes = await readFile(path);
      const [, second, third] = blockPositions(bytes);
      bytes.fill(0xee, second + 40, third - 1);
      const files = memoryFiles();
      const directory = '/journal';
      files.place(join(directory, basename(path)), bytes);
      const reading = { directory, quarantine: '/quarantine', files };
      files.fail({ operation: 'write', code: 'ENOSPC', times: 1 });
      await expect(readTestFrames(reading)).rejects.toThrow('ENOSPC');
      await readTestFrames(reading);
      const copies = await files.list('/quarantine');
      expect(copies).toHaveLength(1);
      expect(files.content(join('/quarantine', copies[0]))).toEqual(bytes.subarray(second, third));
    }));

  test('of a missing file is reported with its offsets', () =>
    inFolder(async (directory) => {
      const paths = await writeJournal(directory, 20, 1_500);
      const [, gone, next] = (await inspectJournal(directory)).map((file) => file.firstOffset);
      await rm(paths[1]);
      const back = await readTestFrames({ directory });
      expect(back.damage).toMatchObject([{ firstOffset: gone, endOffset: next }]);
      expect(back.offsets).toEqual([...range(0, gone), ...range(next, 80)]);
    }));

  test('of a compressed file is reported, and reading goes on in the next one', () =>
    inFolder(async (directory) => {
      const paths = await writeJournal(directory, 60, 3_000);
      const next = (await inspectJournal(directory))[1].firstOffset;
      const compressed = gzipSync(await readFile(paths[0]));
      compressed[Math.floor(compressed.length / 2)] ^= 0x10;
      await writeFile(`${paths[0]}.gz`, compressed);
      await rm(paths[0]);
      const back = await readTestFrames({ directory });
      expect(back.different).toEqual([]);
      expect(back.damage.length).toBeGreaterThan(0);
      expect([...back.offsets, ...lost(back.damage)].sort((a, b) => a - b)).toEqual(range(0, 240));
      expect(back.offsets).toEqual(expect.arrayContaining(range(next, 240)));
    }));

  test('a file that was swapped for another whole one does not pass inspection', () =>
    inFolder(async (directory) => {
      const paths = await writeJournal(directory, 20, 1_500);
      const bytes = await readFile(paths[0]);
      await writeFile(paths[0], bytes.subarray(0, blockPositions(bytes).at(-1)));
      const inspected = await inspectJournal(directory);
      expect(inspected[0].state).toBe('damaged');
      expect(inspected[0].missing).toHaveLength(1);
      expect(inspected.slice(1).every((file) => file.state === 'whole')).toBe(true);
    }));

  test('where a plain and a compressed file stand side by side after a crash, the plain one is read', () =>
    inFolder(async (directory) => {
      const paths = await writeJournal(directory, 20, 1_500);
      await writeFile(`${paths[0]}.gz`, 'not finished');
      await copyFile(paths[0], `${paths[0]}.gz.tmp`);
      const back = await readTestFrames({ directory });
      expect(back).toEqual({ offsets: range(0, 80), damage: [], different: [] });
      await reopen(directory);
      expect((await readdir(directory)).filter((file) => file.endsWith('.tmp'))).toEqual([]);
    }));
});
