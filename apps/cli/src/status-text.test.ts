import { expect, test } from 'vitest';
import { readableStatus } from './status-text.ts';
import type { StatusReport } from './status-text.ts';

const NOW_MS = Date.parse('2026-11-20T10:00:00Z');
const well: StatusReport = {
  ok: true,
  ready: true,
  phase: 'running',
  pid: 77,
  uptimeMs: 300_000,
  reasons: [],
  ages: { lastFrame: 12, lastFlush: 400, lastPublish: null },
  ticks: { accepted: 1_234, duplicates: 1 },
  journal: { durableOffset: 1_240, nextOffset: 1_240 },
  gaps: [],
  streams: [{ venue: 'binance', subscriptions: subscriptions(3, 'live') }],
};

function subscriptions(count: number, state: string) {
  return Array.from({ length: count }, (_, index) => ({
    instrument: `BINANCE|I${index}`,
    state,
    lastTickMicros: (NOW_MS - 90_000) * 1_000,
  }));
}

test('says the verdict first and lists nothing when all is well', () => {
  expect(readableStatus(well, NOW_MS)).toBe(`READY  ingestor, process 77, running for 5 min
  last frame 12 ms ago, last flush 400 ms ago, no publish yet
  1,240 frames, all durable; in this run 1,234 ticks taken, 1 duplicate left out
  binance: 3 instruments (3 live)
  no open gap
`);
});

test('tells how much of its limit each store uses, and what to do about one that is over', () => {
  const limits = [
    {
      store: 'journal',
      bytes: 1_500 * 1_024 ** 2,
      count: 7,
      hours: 30,
      limit: { bytes: 50 * 1_024 ** 3, hours: 48 },
    },
    {
      store: 'quarantine',
      bytes: 10,
      count: 1,
      hours: 2_400,
      limit: { bytes: 5, hours: 2_160 },
      warning: 'look',
    },
  ] as const;
  const text = readableStatus({ ...well, limits }, NOW_MS);
  expect(text).toMatch(/journal +1\.5 GiB \/ 50\.0 GiB +30 h \/ 48 h +7/);
  expect(text).toMatch(/quarantine +10 B \/ 5 B +100 d \/ 90 d +1 +look/);
});

test('names every reason why it is not ready, and the instruments that are amiss', () => {
  const streams = [
    { venue: 'binance', subscriptions: [...subscriptions(2, 'live'), ...subscriptions(1, 'stale')] },
  ];
  const text = readableStatus({ ...well, ready: false, reasons: ['stale: BINANCE|I0'], streams }, NOW_MS);
  expect(text.split('\n')[0]).toMatch(/^NOT READY/);
  expect(text).toContain('because: stale: BINANCE|I0');
  expect(text).toContain('3 instruments (2 live, 1 stale)');
  expect(text).toMatch(/BINANCE\|I0 +stale +90 s ago/);
  expect(text).not.toContain('BINANCE|I1');
});

test('fits a screen with 2,000 instruments of which none is live and all have gaps', () => {
  const gaps = Array.from({ length: 4_000 }, (_, index) => ({
    instrument: `BINANCE|I${index % 2_000}`,
    cause: 'disconnect',
    state: 'open',
    fromMicros: (NOW_MS - index * 1_000) * 1_000,
  }));
  const streams = [{ venue: 'binance', subscriptions: subscriptions(2_000, 'requested') }];
  const text = readableStatus({ ...well, gaps, streams }, NOW_MS);
  expect(text.split('\n').length).toBeLessThan(60);
  expect(text).toContain('and 1,980 more (--json)');
  expect(text).toContain('4,000 open gaps of 2,000 instruments');
  // The oldest gap comes first, with its instrument's count.
  expect(text).toMatch(/BINANCE\|I1999 +2 +2026-11-20 08:53:21Z \(67 min ago\) +disconnect, open/);
});

test('an ingestor that is still starting has neither streams nor ages', () => {
  const text = readableStatus(
    {
      ok: true,
      ready: false,
      phase: 'starting',
      pid: 1,
      uptimeMs: 3,
      reasons: ['the ingestor is starting'],
      ages: {},
    },
    NOW_MS,
  );
  expect(text).toContain('NOT READY  ingestor, process 1, starting for 3 ms');
});

test('tells the last backup, and what failed', () => {
  const backups = {
    ageMs: 720_000,
    lastDurationMs: 800,
    lastBytes: 120_400_000,
    failures: 0,
    commandFailures: 0,
  };
  expect(readableStatus({ ...well, backups }, NOW_MS)).toContain(
    '\n  last backup 12 min ago, 114.8 MiB in 800 ms\n',
  );
  const failed = { ...backups, ageMs: null, failures: 2, lastError: 'the disk is full' };
  expect(readableStatus({ ...well, backups: failed }, NOW_MS)).toContain(
    '\n  no backup yet; in this run 2 failed, 0 not copied elsewhere: the disk is full\n',
  );
});
