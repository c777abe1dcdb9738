// A process of a runner's scene on a fast clock: `runner-child.ts ROLE JSON`. Says `up` when it is.
import { loadConfig } from '@tickwright/config';
import { ingest } from '@tickwright/ingestor';
import { run } from '@tickwright/runner';
import { createLog } from '@tickwright/runtime';
import { startSimulator } from '@tickwright/simulator';
import { FastClock } from '../../soak/fast-clock.ts';
import type { FastTime } from '../../soak/fast-clock.ts';

const [, , role = '', json = ''] = process.argv;
const { time, flags } = JSON.parse(json) as { time: FastTime; flags: string[] };
const clock = new FastClock(time);
// What a disk and an engine do in real time keeps real time's pace.
const atRealPace = [
  'ingestor.journal.syncIntervalMs=1000',
  `ingestor.flushIntervalMs=${500 * time.speed}`,
  `ingestor.aggregateIntervalMs=${500 * time.speed}`,
  `alerts.staleAfterMs=${10_000 * time.speed}`,
  `runner.maxSignalAgeMs=${10_000 * time.speed}`,
];
const { config } = await loadConfig({ flags: [...flags, ...atRealPace], env: {} });
const stop = new AbortController();
process.once('SIGTERM', () => {
  clock.slowDown();
  stop.abort();
});
const common = {
  config,
  version: 'test',
  clock,
  log: createLog({ level: 'warn', name: role }),
  signal: stop.signal,
  onUp: () => console.log('up'),
  abandon: (error: Error) => {
    console.error(error);
    process.exit(4);
  },
};
if (role === 'simulate') {
  const { port, seed } = config.simulator;
  const market = { seed, instruments: 2, ratePerSecond: 20 };
  await using _simulator = await startSimulator({ ...market, port, clock, log: common.log });
  console.log('up');
  await new Promise((done) => stop.signal.addEventListener('abort', done, { once: true }));
} else if (role === 'ingest') await ingest(common);
else await run(common);
process.exit(0);
