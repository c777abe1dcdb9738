import { readFileSync } from 'node:fs';
import { openDatabases } from '@tickwright/database';
import { afterEach, expect, test } from 'vitest';
import { Rig, removeFolders } from './core-fixture.ts';

afterEach(removeFolders);

/** A finished journal file is compressed and then read back, one after the other; the second is room to spare. */
const COMPRESSION = 2;
const LEFT_FOR_SYNCS = 4;

test('with every connection busy and a journal file being compressed, four threads of the pool are left for syncs', async () => {
  await using _rig = await Rig.open();
  const calls = openDatabases().map(({ owner, callsMax }) => `${owner} ${callsMax}`);
  expect(calls.toSorted()).toEqual(['candle writer 2', 'state file 3', 'tick file 5']);
  const launcher = readFileSync(new URL('../../cli/bin/tickwright.cjs', import.meta.url), 'utf8');
  const pool = Number(/UV_THREADPOOL_SIZE \?\?= '(\d+)'/.exec(launcher)?.[1]);
  const used = openDatabases().reduce((sum, { callsMax }) => sum + callsMax, COMPRESSION);
  expect(pool - used).toBeGreaterThanOrEqual(LEFT_FOR_SYNCS);
});
