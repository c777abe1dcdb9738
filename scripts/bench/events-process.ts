// The runner's scanner with many rows and its events route, in a process of its own: what its clients cost it.
import { startHttpServer } from '@tickwright/http';
import { instrumentKey } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import type { EngineConfig } from '@tickwright/trading';
// The runner's own parts and not a likeness of them: what is measured is what runs.
import { eventRoutes } from '../../apps/runner/src/http/event-routes.ts';
import { LiveBoard } from '../../apps/runner/src/live-board.ts';
import type { SourceEvent } from '../../apps/runner/src/candle-source/source-event.ts';
import { quiet } from './candle-files.ts';

/** As often as the ingestor publishes: every row changes then. */
const PUBLISH_MS = 1_500;
const MINUTE = 60_000_000;

type Parts = ReturnType<Parameters<typeof eventRoutes>[1]>;
type State = Parameters<typeof eventRoutes>[0];

const instruments = Array.from({ length: Number(process.argv[2]) }, (_, at) =>
  instrumentKey(`NSE_EQ|BENCH${at}`),
);
const plan = {
  instruments: instruments.map((instrument) => ({
    instrument,
    calendar: 'always',
    isHalted: false,
    haltReason: '',
  })),
  fills: { interval: '1m' },
} as unknown as EngineConfig;
const strategies = instruments.map((instrument) => ({
  strategy: 'bench@1m',
  instrument,
  interval: '1m',
  status: 'running',
  reason: '',
}));
const engine = { strategies: () => strategies, positions: () => [] };
const board = new LiveBoard({
  plan,
  engine: engine as unknown as ConstructorParameters<typeof LiveBoard>[0]['engine'],
  clock: systemClock,
});
const state = {
  parts: { link: { view: { state: 'up' } } },
  overview: () => ({ time: new Date().toISOString() }),
} as unknown as State;
const routes = eventRoutes(state, () => ({ board }) as unknown as Parts);

let version = 0;
function publish(): void {
  version += 1;
  const now = systemClock.nowMicros();
  const openTime = Math.floor(now / MINUTE) * MINUTE;
  const events = instruments.map((instrument, at): SourceEvent => {
    const close = 1_000 + ((at * 7 + version * 13) % 500) / 100;
    const candle = {
      instrument,
      openTime,
      closeTime: openTime + MINUTE,
      open: 1_000,
      high: 1_006,
      low: 999,
      close,
      volume: version,
      tradeCount: version,
      isClosed: false,
      isComplete: true,
      revision: 0,
      version,
      source: 'ticks' as const,
    };
    return { type: 'candle', phase: 'forming', interval: '1m', candle };
  });
  board.seen(events, now / 1_000);
}

publish();
setInterval(publish, PUBLISH_MS);
const server = await startHttpServer({
  title: 'events',
  version: '0',
  host: '127.0.0.1',
  port: 0,
  token: 'bench',
  log: quiet,
  routes,
  metrics: async () => '',
  health: () => ({ ok: true }),
  ready: () => ({ ready: true }),
});
process.on('message', () => process.send?.({ cpuMicros: process.cpuUsage() }));
process.send?.({ url: server.url });
