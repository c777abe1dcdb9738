import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeControl, FrameKind } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import { afterEach, expect, test } from 'vitest';
import { Rig, removeFolders, trades } from './core-fixture.ts';
import { previousRun } from './previous-run.ts';

afterEach(removeFolders);

function previous(rig: Rig): Promise<string> {
  return previousRun(join(rig.dataDir, 'journal'), rig.core.journal.nextOffset);
}

test('an empty journal has had no run', async () => {
  expect(await previousRun('/nowhere', 0)).toBe('none');
});

test('a run that was stopped in order is told from one that was killed, and the journal keeps what was told', async () => {
  let rig = await Rig.open();
  await rig.core.begin();
  await rig.take(trades(1, 5));
  rig = await rig.reopen();
  expect(await previous(rig)).toBe('stopped');
  await rig.core.begin();
  await rig.take(trades(6, 5));
  await rig.flush();
  rig = await rig.crash();
  expect(await previous(rig)).toBe('crashed');
  await rig.core.begin();
  await rig.flush();
  const told: string[] = [];
  for await (const block of readJournal({ directory: join(rig.dataDir, 'journal') })) {
    for (let frame = 0; frame < block.count; frame += 1) {
      if (block.sources[block.source[frame]]?.kind !== FrameKind.control) continue;
      const event = decodeControl(block.bytes.subarray(block.start[frame], block.end[frame]));
      if (event.type === 'started') told.push(event.previous);
    }
  }
  expect(told.slice(1)).toEqual(['stopped', 'crashed']);
  await rig[Symbol.asyncDispose]();
});

test('a journal whose end is gone was not stopped in order', async () => {
  const rig = await Rig.open();
  await rig.core.begin();
  await rig.take(trades(1, 5));
  await rig[Symbol.asyncDispose]();
  await rm(join(rig.dataDir, 'journal'), { recursive: true });
  await using next = await Rig.open({ dataDir: rig.dataDir });
  expect(next.core.journal.nextOffset).toBeGreaterThan(0);
  expect(await previous(next)).toBe('crashed');
});
