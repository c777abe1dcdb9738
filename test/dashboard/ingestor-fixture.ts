import type { Route } from '@tickwright/http';
import { random } from './market-fixture.ts';
import type { MarketFixture } from './market-fixture.ts';
import { statusOf } from './status-fixture.ts';
import type { Situation } from './pages-server.ts';

const DAY_MS = 86_400_000;
const text = { type: 'string', description: 'text' } as const;
const whole = { type: 'integer', description: 'number' } as const;

/** What the ingestor answers through the runner, in the shapes recorded from one. */
export function ingestorRoutes(market: MarketFixture, situation: Situation): Route[] {
  const get = (
    path: string,
    answer: (query: Record<string, unknown>) => unknown,
    query: Route['query'] = {},
  ): Route => ({
    method: 'GET',
    path: `/api/v1/${path}`,
    summary: path,
    query,
    handler: async (request) => answer(request.query),
  });
  return [
    get('ingestor/instruments', () =>
      market.rows.map(({ symbol, last_price_ts }) => ({
        key: symbol,
        venueSymbol: symbol.slice(symbol.indexOf('|') + 1),
        priceDecimals: 2,
        calendar: 'nse',
        lastTickTime: last_price_ts,
      })),
    ),
    get('ingestor/status', () => statusOf(market, situation)),
    get('ingestor/gaps', () => gapsOf(market)),
    get('ingestor/ticks', ({ instrument }) => ticksOf(market, String(instrument)), {
      instrument: text,
      last: whole,
    }),
    get('ingestor/coverage', ({ from }) => coverageOf(market, Number(from) / 1_000), { from: whole }),
    get('ingestor/verify', () => ({
      checked: { instruments: market.rows.length, ticks: 1_483_201, candles: 7_310, days: 3 },
      problems: [],
      counts: {},
      openGaps: ['NSE_EQ|TCS: disconnect, open'],
      provedTicks: 1_480_112,
      truncated: false,
    })),
    get('ingestor/backups', () => [
      { name: '2026-11-20T04-00-00Z', bytes: 812_000_000 },
      { name: '2026-11-20T10-00-00Z', bytes: 1_204_000_000 },
    ]),
    get(
      'ingestor/jobs/tree',
      ({ run }) => (run === undefined ? jobsOf(market) : { runs: [backfillOf(market)] }),
      {
        run: { type: 'string', description: 'run' },
      },
    ),
    get('ingestor/end-of-day', () => ({ days: market.rows.length === 0 ? [] : endedDays() })),
    {
      ...get('ingestor/end-of-day', () => null, { limit: whole }),
      path: '/api/v1/ingestor/end-of-day/{report}',
      handler: async ({ params }) => ({
        listed: endedDays().find(({ report }) => report === params['report'])?.listed,
      }),
    },
    get('ingestor/jobs', () => ({ runs: market.rows.length === 0 ? [] : [backfillOf(market)] })),
    {
      ...get('ingestor-metrics', () => ''),
      handler: async () =>
        ['state file', 'tick file', 'candle writer']
          .flatMap((name, index) => [
            `tickwright_database_wal_bytes{database="${name}"} ${[1_857, 143_119, 0][index]}`,
            `tickwright_database_write_queue_depth{database="${name}"} ${index === 1 ? 1 : 0}`,
            `tickwright_database_lock_conflicts_total{database="${name}"} 0`,
          ])
          .join('\n'),
    },
    get('ops', () => opsOf(situation)),
  ];
}

function endedDays() {
  const listed = [
    { field: 'close', ours: 2_931.5, theirs: 2_931.55 },
    { field: 'volume', ours: 18_240, theirs: 18_251 },
    { field: 'candle', theirs: 2_930 },
  ].map((each) => ({ instrument: 'NSE_EQ|RELIANCE', openTime: '2026-11-19T04:31:00.000Z', ...each }));
  const day = { calendar: 'nse', fromMicros: 0, toMicros: 0, dueMicros: 0 };
  return [
    {
      ...day,
      report: 'nse-2026-11-19.json',
      date: '2026-11-19',
      differences: 3,
      byInstrument: { 'NSE_EQ|RELIANCE': 3 },
      listed,
    },
    {
      ...day,
      report: 'nse-2026-11-18.json',
      date: '2026-11-18',
      differences: 0,
      byInstrument: {},
      listed: [],
    },
  ];
}

function gapsOf(market: MarketFixture): object[] {
  const now = Date.now() * 1_000;
  const causes = ['disconnect', 'sequence', 'start', 'stale'];
  const states = ['open', 'filling', 'filled', 'unfillable'];
  return market.rows.slice(0, 12).map(({ symbol }, index) => ({
    id: `g-${index}`,
    instrument: symbol,
    fromMicros: now - (index + 1) * 1_140e6,
    toMicros: index === 0 ? -1 : now - (index + 1) * 1_140e6 + (index + 1) * 19e6,
    fromId: -1,
    toId: -1,
    cause: causes[index % 4],
    state: states[index % 4],
    ...(index % 4 === 3 ? { reason: 'the venue keeps trades for three days only' } : {}),
    openedOffset: 1_000 + index,
    version: 1_000 + index,
    openedMicros: now,
  }));
}

function ticksOf(market: MarketFixture, instrument: string): object[] {
  const row = market.rows.find(({ symbol }) => symbol === instrument);
  const next = random(Math.floor(Date.now() / 1_000));
  return Array.from({ length: 30 }, (_, index) => {
    const ms = Date.now() - (30 - index) * 420;
    return {
      eventTime: new Date(ms).toISOString(),
      receiveTime: new Date(ms + 12 + Math.floor(next() * 50)).toISOString(),
      price: Math.round((row?.last_price ?? 100) * (1 + (next() - 0.5) * 0.0006) * 20) / 20,
      quantity: 1 + Math.floor(next() * 400),
      side: next() < 0.5 ? 'buy' : 'sell',
      tradeId: Math.floor(ms / 420),
      offset: index,
    };
  });
}

function coverageOf(market: MarketFixture, fromMs: number): object[] {
  const next = random(5);
  const dates: string[] = [];
  for (let ms = fromMs + DAY_MS; ms <= Date.now(); ms += DAY_MS)
    dates.push(new Date(ms).toISOString().slice(0, 10));
  return market.rows.slice(0, 400).flatMap(({ symbol }) =>
    dates.map((date) => {
      const isClosed = [0, 6].includes(new Date(date).getUTCDay());
      const missing = isClosed || next() < 0.82 ? 0 : Math.floor(next() ** 3 * 120) + 1;
      return {
        instrument: symbol,
        date,
        expected: isClosed ? 0 : 375,
        present: isClosed ? 0 : 371 - missing,
        partial: 1,
        untraded: isClosed ? 0 : 4,
        quiet: 0,
        missing,
        unwatched: 0,
        completeness: isClosed ? null : (375 - missing) / 375,
        missingSpans:
          missing === 0
            ? []
            : [
                {
                  from: `${date}T05:10:00.000Z`,
                  to: new Date(Date.parse(`${date}T05:10:00Z`) + missing * 60_000).toISOString(),
                  cause: 'disconnect',
                  state: 'open',
                },
              ],
        outsideCount: 0,
        outside: [],
      };
    }),
  );
}

function backfillOf(market: MarketFixture): object {
  const id = `backfill/2026-11-20T10:00:00.000Z ${market.rows[0]?.symbol ?? ''}`;
  const job = { kind: 'fetch', tries: 1, failures: 0, maxTries: 6, changedMicros: 0, runs: [] };
  return {
    id,
    name: 'backfill',
    state: 'running',
    enqueuedMicros: Date.now() * 1_000 - 5e6,
    counts: { succeeded: 1, running: 1 },
    jobs: [
      { ...job, id: `${id}/1`, key: 'candles 1', state: 'succeeded' },
      { ...job, id: `${id}/2`, key: 'candles 2', state: 'running', progress: { done: 300, total: 720 } },
    ],
  };
}

function jobsOf(market: MarketFixture): object {
  const now = Date.now() * 1_000;
  const job = (run: string, key: string, state: string, more: object = {}): object => ({
    id: `${run}/${key}`,
    run,
    key,
    kind: 'fetch',
    input: null,
    dependsOn: [],
    state,
    tries: 1,
    failures: state === 'failed' ? 5 : 0,
    maxTries: 5,
    enqueuedMicros: now,
    changedMicros: now,
    runs: [],
    ...more,
  });
  const jobs = market.rows.slice(0, 5).map(({ symbol }, index) => {
    const states = ['expanded', 'succeeded', 'running', 'failed', 'ready'];
    const chunks = [
      job(`r-1/${symbol}`, 'chunk 1', 'succeeded'),
      job(`r-1/${symbol}`, 'chunk 2', 'running', { progress: { done: 420, total: 1_000, note: 'trades' } }),
    ];
    return job('r-1', symbol, states[index] ?? 'ready', {
      ...(index === 2 ? { progress: { done: 3, total: 8, note: 'chunks' } } : {}),
      ...(index === 3 ? { reason: 'the venue answered 429: too many requests' } : {}),
      runs:
        index === 0
          ? [
              {
                id: `r-1/${symbol}`,
                name: 'chunks',
                state: 'running',
                enqueuedMicros: now,
                counts: { succeeded: 1, running: 1 },
                jobs: chunks,
              },
            ]
          : [],
    });
  });
  return {
    runs:
      market.rows.length === 0
        ? []
        : [
            {
              id: 'r-1',
              name: 'recovery',
              state: 'running',
              enqueuedMicros: now - 90e6,
              counts: { expanded: 1, succeeded: 1, running: 1, failed: 1, ready: 1 },
              jobs,
            },
          ],
  };
}

function opsOf(situation: Situation): object {
  const isUp = situation.ingestor.state === 'up';
  const process = { version: '0.1.0', uptimeMs: 7_512_000 };
  return {
    processes: [
      {
        ...process,
        name: 'runner',
        pid: 4_101,
        eventLoopLagMs: 11.4,
        rssBytes: 148_000_000,
        cpuPercent: 6,
        state: 'up',
        reason: '',
      },
      {
        ...process,
        name: 'ingestor',
        pid: 4_100,
        eventLoopLagMs: isUp ? 12.1 : null,
        rssBytes: isUp ? 231_000_000 : null,
        cpuPercent: isUp ? 14 : null,
        state: situation.ingestor.state,
        reason: situation.ingestor.reason,
      },
    ],
    runner: {
      ages: { lastEvent: 240, lastCommit: 240, lastSignal: 132_000, lastTick: null },
      queues: [{ name: 'ledger writes', depth: 0, limit: 1_024, dropped: 0 }],
      ledger: { state: 'ok', lastSeq: Math.floor(Date.now() / 250) % 1e6 },
      candleSource: {
        kind: 'files',
        state: 'live',
        reason: '',
        readsTotal: Math.floor(Date.now() / 1_500) % 1e5,
        retriesTotal: 3,
        failuresTotal: 0,
        lastLagMs: 1_240,
      },
      feed: null,
      latency: {
        closeToSignalMs: { count: 231, p50: 640, p99: 1_720, max: 2_210 },
        histogram: [
          [5, 0],
          [10, 0],
          [25, 0],
          [50, 2],
          [100, 9],
          [250, 31],
          [500, 54],
          [1_000, 92],
          [2_000, 41],
          [5_000, 2],
          [10_000, 0],
          [30_000, 0],
          [null, 0],
        ],
      },
      services: [],
    },
    log: [
      {
        time: new Date(Date.now() - 4_000).toISOString(),
        level: 'info',
        name: 'runner',
        msg: 'signal stored',
      },
      {
        time: new Date(Date.now() - 64_000).toISOString(),
        level: 'warn',
        name: 'runner',
        msg: 'a candle file was replaced while it was read; tried again',
      },
      {
        time: new Date(Date.now() - 240_000).toISOString(),
        level: 'error',
        name: 'runner',
        msg: 'a strategy threw and was stopped',
      },
    ],
  };
}
