import { expect } from 'vitest';
import { startProbedIngestor } from '../system/probed-process.ts';
import { faultTest } from './rounds/fault-test.ts';
import type { Figures } from './rounds/figures.ts';

const LIMIT_MS = 2_000;
const LATE = 'ended after more than 2 s';

async function round(): Promise<Figures> {
  await using ingestor = await startProbedIngestor({ ratePerSecond: 500 });
  await ingestor.ask('read', { owner: 'tick file', count: 3, deadlineMs: 60_000 });
  await ingestor.ask('dropLock', { owner: 'tick file' });
  const droppedMs = performance.now();
  const { code, signal, stderr } = await ingestor.process.ended;
  const endedMs = performance.now() - droppedMs;
  expect({ code, signal }, stderr.slice(-3000)).toEqual({ code: 4, signal: null });
  expect(stderr).toMatch(/the lock of .*ticks_today\.duckdb \(\\?"tick file\\?"\) is gone/);
  return { 'ended with exit 4': 1, 'ms to the end': [endedMs], [LATE]: endedMs > LIMIT_MS ? 1 : 0 };
}

faultTest({
  name: 'lost-lock',
  title: 'an ingestor whose lock on the tick file is dropped while queries run ends with exit 4 within 2 s',
  usual: 1,
  long: 20,
  roundLimitMs: 60_000,
  skipped: process.platform === 'linux' ? undefined : 'locks are watched on Linux alone',
  noneOf: [LATE],
  round,
});
