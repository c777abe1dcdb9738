import { afterEach, expect, test } from 'vitest';
import { cleanUp } from '../system/harness.ts';
import { startProbedIngestor } from '../system/probed-process.ts';

afterEach(cleanUp);

const onLinux = test.skipIf(process.platform !== 'linux');

/** 2 s are the promise, kept where the machine does nothing else: `npm run test:faults -- --only "lost lock"`. */
const LIMIT_MS = process.env['TICKWRIGHT_FAULT_ROUNDS'] === undefined ? 20_000 : 2_000;

onLinux(
  'lost lock: an ingestor whose lock on the tick file is dropped while queries run ends with exit 4',
  async () => {
    await using ingestor = await startProbedIngestor({ ratePerSecond: 500 });
    await ingestor.ask('read', { owner: 'tick file', count: 3, deadlineMs: 60_000 });
    await ingestor.ask('dropLock', { owner: 'tick file' });
    const droppedMs = performance.now();
    const { code, stderr } = await ingestor.process.ended;
    expect(code).toBe(4);
    expect(performance.now() - droppedMs).toBeLessThan(LIMIT_MS);
    process.stdout.write(`lost lock: ended after ${Math.round(performance.now() - droppedMs)} ms\n`);
    expect(stderr).toMatch(/the lock of .*ticks_today\.duckdb \(\\?"tick file\\?"\) is gone/);
  },
);
