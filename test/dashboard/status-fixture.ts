import type { MarketFixture } from './market-fixture.ts';
import type { Situation } from './pages-server.ts';

/** The ingestor's status as recorded from one on the simulated venue; counters run on with time. */
export function statusOf(market: MarketFixture, situation: Situation): object {
  const seconds = (Date.now() / 1_000) % 1e6;
  const offset = Math.floor(seconds * 1_240);
  const now = Date.now() * 1_000;
  const states = ['live', 'live', 'live', 'quiet', 'live', 'live', 'stale', 'live', 'live', 'requested'];
  return {
    ok: true,
    phase: 'running',
    reasons: situation.ingestor.reasons,
    instance: '2c1dc712',
    version: '0.1.0',
    pid: 4_100,
    uptimeMs: 7_512_000,
    ages: { lastFrame: 41, lastDurableSync: 18, lastFlush: 320, lastPublish: 910 },
    eventLoopLagMs: 12.1,
    ready: situation.ingestor.ready,
    journal: { state: 'ok', lastSyncMs: 1, nextOffset: offset, durableOffset: offset - 12, pendingBytes: 1_673, blocks: 709, bytes: 330_259, files: 1, writes: 690, syncs: 556, failovers: 0 },
    tickFile: { state: 'ok', lastFlushMs: 1, lastDurationMs: 48.05, flushes: Math.floor(seconds * 2), failures: 0, retries: 0, flushedRows: offset - 300, gapRows: 5, appliedOffset: offset - 300, waitingRows: 288 },
    disk: { state: 'ok', freeBytes: 79_219_765_248, totalBytes: 270_553_174_016, reserveBytes: 1_073_741_824, pauses: 0, pausedSinceMicros: 0 },
    limits: [
      { store: 'journal', bytes: 4_110_990_000, count: 62, hours: 30, limit: { bytes: 53_687_091_200, hours: 48 } },
      { store: 'ticks', bytes: 12_300_000_000, count: 210, hours: 700, limit: { hours: 8_760 } },
      { store: 'candles', bytes: 91_000_000, count: 160, hours: 700, limit: { hours: 87_660 } },
      { store: 'quarantine', bytes: 0, count: 0, hours: 0, limit: { bytes: 5_368_709_120, hours: 2_160 } },
      { store: 'backups', bytes: 2_016_000_000, count: 2, hours: 12, limit: { count: 24, hours: 168 } },
      { store: 'log', bytes: 655_000, count: 1, hours: 30, limit: { bytes: 167_772_160, count: 10 } },
    ],
    candles: { state: 'ok', lastPublishMs: 1, lastDurationMs: 62.4, publishedOffset: offset - 40, cycles: Math.floor(seconds / 1.5), skippedCycles: 0, failures: 0, retries: 2, missedCycles: 0, ticks: 1_635, quotes: 0, outsideSession: 0, unloaded: 0, late: 14, revisions: 3, candles: 9, closed: 4 },
    ticks: { accepted: offset, duplicates: 212, otherIdSpace: 0, badTime: 0, futureEvents: 0, badPrice: 0, badQuantity: 0, badId: 0, decreasingVolume: 0, gapIncreases: 0, outsideSession: 0 },
    decoders: {},
    streams: [
      {
        venue: 'upstox',
        connections: [{ url: 'wss://127.0.0.1/feed', instruments: market.rows.length, failures: 0, sinceMicros: now - 7_500e6, connection: 'ws-1', lastMessageMicros: now - 41_000, state: 'open' }],
        counts: { connects: 2, connectFailures: 0, messages: offset, replies: 1, errors: 0, ackTimeouts: 0, handovers: 1, handoverFailures: 0, reconnects: { silent: 1 } },
        access: { reason: '' },
        frames: { messages: offset, bytes: offset * 164, answers: 0, controls: 3, refused: 0 },
        subscriptions: market.rows.map(({ symbol }, index) => ({
          instrument: symbol,
          state: states[index % states.length],
          sinceMicros: now - 7_000e6,
          lastTickMicros: now - (index % 9) * 700_000,
          connection: 'ws-1',
        })),
      },
    ],
    gaps: [],
    backups: { state: 'idle', lastMicros: 0, lastDurationMs: 0, lastBytes: 1_204_000_000, made: 2, failures: 0, commandFailures: 0, ageMs: 3_900_000 },
    services: [{ name: 'flush', state: 'running', restarts: 0 }],
  };
}
