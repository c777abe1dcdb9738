// The ingestor on a fast clock: `node --expose-gc ingestor-child.ts JSON`, told as SoakSettings. Writes `up`, then a
// MemorySample a line.
import { readdirSync } from 'node:fs';
import { loadConfig } from '@tickwright/config';
import { ingest } from '@tickwright/ingestor';
import { createLog } from '@tickwright/runtime';
import { FastClock } from './fast-clock.ts';
import type { MemorySample, SoakSettings } from './settings.ts';

const settings = JSON.parse(process.argv[2] ?? '') as SoakSettings;
const clock = new FastClock(settings.time);
const { speed } = settings.time;
// What a disk and an engine do in real time keeps real time's pace: syncs are grouped over 17 ms, flushes and cycles come
// every half second and second.
const atRealPace = [
  'ingestor.journal.syncIntervalMs=1000',
  `ingestor.flushIntervalMs=${500 * speed}`,
  `ingestor.aggregateIntervalMs=${1_000 * speed}`,
];
const { config } = await loadConfig({
  flags: [
    `dataDir=${JSON.stringify(settings.dataDir)}`,
    `simulator.port=${settings.venuePort}`,
    `ingestor.http.port=${settings.httpPort}`,
    // Hours of candles at this speed are a lot to fold for the simulator.
    'ingestor.recovery.warmUpHours=0',
    `sources=[{venue: simulated, instruments: ${JSON.stringify(settings.instruments)}}]`,
    ...atRealPace,
  ],
  env: {},
});

function sample(): void {
  globalThis.gc?.();
  const { heapUsed, rss } = process.memoryUsage();
  const told: MemorySample = {
    atMs: clock.nowMicros() / 1_000,
    heapBytes: heapUsed,
    rssBytes: rss,
    handles: readdirSync('/proc/self/fd').length,
  };
  console.log(JSON.stringify(told));
}

const stop = new AbortController();
process.once('SIGTERM', () => {
  clock.slowDown();
  stop.abort();
});
const log = createLog({ level: 'warn', name: 'soak' });
await ingest({
  config,
  version: 'soak',
  clock,
  log,
  signal: stop.signal,
  abandon: (error) => {
    console.error(error);
    process.exit(4);
  },
  onUp: () => {
    console.log('up');
    setInterval(sample, settings.sampleMs).unref();
  },
});
process.exit(0);
