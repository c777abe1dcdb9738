import { execFileSync, spawnSync } from 'node:child_process';
import { openDatabases } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import { afterEach, expect, test } from 'vitest';
import { storedIds } from '../candles/plain-candles-fixture.ts';
import { KEYS, MINUTE, Rig, START, removeFolders, trades, whileTimePasses } from '../core-fixture.ts';
import { mismatches, verifyCore } from '../verification/verify-core.ts';

const canLimit = spawnSync('prlimit', ['--pid', String(process.pid)]).status === 0;
const FILE_BYTES_MAX = 3_000_000;

// Without it the signal ends the process; with it the engine gets EFBIG where a full disk gives ENOSPC.
process.on('SIGXFSZ', () => undefined);

function limitFiles(bytes: string): void {
  execFileSync('prlimit', ['--pid', String(process.pid), `--fsize=${bytes}:`]);
}

afterEach(async () => {
  if (canLimit) limitFiles('unlimited');
  await removeFolders();
});

/** The engine itself, past what would open it again. */
function stateEngine(): Database {
  const found = openDatabases().find(({ owner }) => owner === 'state file');
  if (found === undefined) throw new Error('the state file is not open');
  return found;
}

/** Fills the file until its engine has stopped; the disk stays full. */
async function stopEngine(engine: Database): Promise<void> {
  await engine.write((tx) => tx.run('CREATE TABLE IF NOT EXISTS filler(a DOUBLE)'));
  await engine.checkpoint();
  limitFiles(String(FILE_BYTES_MAX));
  for (;;) {
    try {
      await engine.write((tx) => tx.run('INSERT INTO filler SELECT random() FROM range(60000)'));
      await engine.checkpoint();
    } catch (error) {
      expect(error).toMatchObject({ code: 'database-invalid' });
      return;
    }
  }
}

async function gapIds(rig: Rig): Promise<(readonly [number, number])[]> {
  const gaps = await whileTimePasses(rig.clock, rig.core.gapStore.list());
  return gaps.filter(({ cause }) => cause === 'sequence').map(({ fromId, toId }) => [fromId, toId] as const);
}

test.skipIf(!canLimit)(
  'a state file whose engine a full disk has stopped is opened again by itself: ticks are stored, and each gap once (needs prlimit)',
  async () => {
    const rig = await Rig.open();
    await rig.core.begin();
    rig.control({ type: 'acknowledged', instruments: KEYS });
    await rig.live(trades(1, 10));
    await rig.settle();
    await stopEngine(stateEngine());
    await rig.live(trades(21, 10, { timeMicros: START + 20_000_000 }));
    // The gap comes first, and meets the engine's end.
    expect(await rig.flush()).toBe(false);
    await rig.live(trades(41, 10, { timeMicros: START + MINUTE }));
    limitFiles('unlimited');
    expect(await rig.flush()).toBe(true);
    expect(await rig.settle()).toBe(true);
    expect(rig.core.flusher.health.state).toBe('ok');
    const missing = [
      [11, 20],
      [31, 40],
    ];
    expect(await gapIds(rig)).toEqual(missing);
    expect((await storedIds(rig.core)).length).toBe(30);
    await using next = await rig.crash();
    expect(await gapIds(next)).toEqual(missing);
    expect((await storedIds(next.core)).length).toBe(30);
    expect(mismatches(await verifyCore(next.core, new AbortController().signal))).toBe(0);
  },
);
