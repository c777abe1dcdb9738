import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { instrumentNames } from '@tickwright/simulator';
import { Child } from './children.ts';
import type { Message } from './children.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { Ingestor } from './ingestor-process.ts';
import { cpuMicros, openHandles, residentBytes } from './process-figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const DEFAULT_SECONDS = 30;
const MIB = 2 ** 20;
/** For anything that a loaded machine may delay. */
const LIMIT_MS = 600_000;
const WARM_UP_HOURS = 1;
const OUTAGE_MS = 10_000;
/** What is missing is asked for within the venue's rate limits: by Upstox's it takes 45 minutes, and is watched so long. */
const RECOVERY_MS = 300_000;
/** How far a recovery is, on stderr. */
const TOLD_MS = 10_000;

interface Market {
  readonly name: string;
  readonly protocol: 'binance' | 'upstox';
  readonly instruments: number;
  /** Trades a second, all together. */
  readonly rate: number;
  /** Instruments that one connection carries at most, and connections there may be. */
  readonly limits: { readonly aConnection: number; readonly connections: number };
  readonly source: (key: string) => string;
  readonly settings: object;
  /** The buckets out of which its history is asked for, in requests: what no product could be faster than. */
  readonly rates: readonly { readonly atOnce: number; readonly perSecond: number }[];
}

const MARKETS: readonly Market[] = [
  {
    name: 'Binance, 2,000',
    protocol: 'binance',
    instruments: 2_000,
    rate: 2_000,
    limits: { aConnection: 1_024, connections: 300 },
    source: (name) => `SIM|${name}`,
    // Aggregated trades: a request of their history weighs 4 and not 25, of the 6,000 that the venue allows in a minute.
    settings: { venue: 'simulated', stream: 'aggTrade' },
    rates: [{ atOnce: 1_000 / 4, perSecond: 80 / 4 }],
  },
  {
    name: 'Upstox full, 2,500',
    protocol: 'upstox',
    instruments: 2_500,
    // It folds its session from the open when somebody subscribes.
    rate: 50,
    limits: { aConnection: 2_000, connections: 2 },
    source: (name) => `NSE_EQ|${name}`,
    settings: { venue: 'upstox', mode: 'full', calendar: 'always' },
    rates: [
      { atOnce: 200, perSecond: 5 },
      { atOnce: 1_000, perSecond: 1_000 / 1_800 },
    ],
  },
];

interface Status {
  readonly gaps: readonly { readonly state: string }[];
  readonly recovery: {
    readonly state: string;
    readonly requests: number;
    readonly requestsLeft: number;
    readonly requestsPerSecond: number;
    readonly leftMs: number | null;
  } | null;
  readonly streams: readonly {
    readonly connections: readonly { readonly state: string; readonly instruments: number }[];
    readonly counts: { readonly errors: number };
    readonly subscriptions: readonly { readonly state: string; readonly lastTickMicros: number }[];
  }[];
}

/** Thousands of instruments over several connections, within the venues' own limits: subscribed, live, and whole after an outage. */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { seconds = DEFAULT_SECONDS } = options;
  const figures: Figure[] = [];
  for (const market of MARKETS) figures.push(...(await measure(market, seconds)));
  return figures;
}

async function measure(market: Market, seconds: number): Promise<Figure[]> {
  await using folder = await temporaryFolder('instruments');
  const venue = await simulation(market, 0);
  const config = join(folder.path, 'bench.yaml');
  await writeFile(config, JSON.stringify(configOf(market, venue.url)));
  await writeFile(join(folder.path, 'secrets.yaml'), 'TICKWRIGHT_UPSTOX_TOKEN: a-token-for-the-bench\n', {
    mode: 0o600,
  });
  const startedMs = performance.now();
  await using ingestor = await Ingestor.start({ config, 'data-dir': folder.path });
  const subscribedMs = await until(ingestor, startedMs, isSubscribed);
  const sizes = (await statusOf(ingestor)).streams[0].connections.map((one) => one.instruments);
  if (sizes.length > market.limits.connections || sizes.some((size) => size > market.limits.aConnection)) {
    throw new Error(
      `beyond the limits of the venue: ${sizes.join(', ')} instruments on ${sizes.length} connections`,
    );
  }
  const load = await loadOver(ingestor.pid, seconds);
  const live = ticking(await statusOf(ingestor));
  const named = (name: string, value: number, unit: string): Figure => ({
    name: `${market.name}: ${name}`,
    value,
    unit,
  });
  const figures = [
    named('connections', sizes.length, 'connections'),
    named('on the fullest', Math.max(...sizes), 'instruments'),
    named('all subscribed after', subscribedMs / 1_000, 's'),
    named(`have ticked within ${seconds} s`, live, 'instruments'),
    named('CPU', load.cpuShare * 100, '% of a core'),
    named('resident memory', load.residentMiB, 'MiB'),
    named('open files and sockets', openHandles(ingestor.pid) ?? Number.NaN, 'handles'),
  ];
  figures.push(...(await recovery('first', { market, ingestor, named })));
  figures.push(...(await outage(market, { ingestor, venue, named })));
  return figures;
}

/** How long it takes until no gap is open, and what that costs. The first one has begun before it is watched. */
async function recovery(
  what: string,
  {
    market,
    ingestor,
    named,
  }: {
    market: Market;
    ingestor: Ingestor;
    named: (name: string, value: number, unit: string) => Figure;
  },
): Promise<Figure[]> {
  const before = await statusOf(ingestor);
  const askedBefore = what === 'first' ? 0 : (before.recovery?.requests ?? 0);
  const [cpuBefore, sinceMs] = [cpuMicros(ingestor.pid) ?? Number.NaN, performance.now()];
  let toldMs = sinceMs;
  await until(
    ingestor,
    sinceMs,
    (status) => {
      if (performance.now() - toldMs > TOLD_MS) {
        toldMs = performance.now();
        process.stderr.write(
          `${market.name}: ${JSON.stringify({ gaps: openOf(status), ...status.recovery })}\n`,
        );
      }
      return status.recovery?.state === 'idle' && openOf(status) === 0;
    },
    RECOVERY_MS,
  );
  const seconds = (performance.now() - sinceMs) / 1_000;
  const cpu = ((cpuMicros(ingestor.pid) ?? Number.NaN) - cpuBefore) / 1e6;
  const after = await statusOf(ingestor);
  const requests = (after.recovery?.requests ?? 0) - askedBefore;
  const left = openOf(after);
  const floors = market.rates.map(({ atOnce, perSecond }) => (requests - atOnce) / perSecond);
  return [
    named(`${what} recovery: gaps then`, openOf(before), 'gaps'),
    named(`${what} recovery: ${left === 0 ? 'all filled after' : 'watched for'}`, seconds, 's'),
    named(`${what} recovery: gaps left`, left, 'gaps'),
    named(`${what} recovery: called unfillable`, after.gaps.length - left, 'gaps'),
    named(`${what} recovery: requests`, requests, 'requests'),
    named(`${what} recovery: within the limits at the earliest after`, Math.max(0, ...floors), 's'),
    ...(left === 0
      ? []
      : [named(`${what} recovery: time left, as told`, (after.recovery?.leftMs ?? Number.NaN) / 1_000, 's')]),
    named(`${what} recovery: CPU`, (cpu / seconds) * 100, '% of a core'),
  ];
}

function openOf({ gaps }: Status): number {
  return gaps.filter(({ state }) => state !== 'unfillable').length;
}

/** The venue is gone for ten seconds, and comes back at its address. */
async function outage(
  market: Market,
  running: {
    ingestor: Ingestor;
    venue: { child: Child; port: number };
    named: (name: string, value: number, unit: string) => Figure;
  },
): Promise<Figure[]> {
  const { ingestor, venue, named } = running;
  await venue.child[Symbol.asyncDispose]();
  await sleep(OUTAGE_MS);
  const backMs = performance.now();
  const again = await simulation(market, venue.port);
  try {
    const subscribedMs = await until(ingestor, backMs, isSubscribed);
    const figures = [named('all subscribed again after', subscribedMs / 1_000, 's')];
    figures.push(...(await recovery('second', { market, ingestor, named })));
    const { streams } = await statusOf(ingestor);
    return [
      ...figures,
      named('requests that the venue refused', streams[0].counts.errors, 'requests'),
      named('resident memory after it', (residentBytes(ingestor.pid) ?? Number.NaN) / MIB, 'MiB'),
    ];
  } finally {
    await again.child[Symbol.asyncDispose]();
  }
}

async function simulation(
  market: Market,
  port: number,
): Promise<{ child: Child; url: string; port: number }> {
  const child = Child.command('simulate', {
    protocol: market.protocol,
    port,
    rate: market.rate,
    seed: 1,
    set: [`simulator.instruments=${market.instruments}`, 'simulator.hours=always'],
    'log-level': 'warn',
  });
  const up = await child.receive<Message & { addresses: { venue: string } }>('up');
  const url = up.addresses.venue;
  return { child, url, port: Number(new URL(url).port) };
}

function configOf(market: Market, url: string): object {
  const instruments = instrumentNames(market.instruments).map(market.source);
  const addresses = { wsUrl: url, restUrl: url.replace('ws:', 'http:') };
  return {
    sources: [{ ...market.settings, instruments, ...addresses }],
    // The simulator folds its candles from single trades: eight hours of 2,000 instruments are a minute and more of its CPU, and
    // none of the ingestor's. The requests are as many.
    ingestor: { recovery: { warmUpHours: WARM_UP_HOURS } },
  };
}

function statusOf(ingestor: Ingestor): Promise<Status> {
  return ingestor.get<Status>('/api/v1/status');
}

function isSubscribed({ streams }: Status): boolean {
  return streams.every(({ subscriptions }) => subscriptions.every(({ state }) => state !== 'requested'));
}

function ticking({ streams }: Status): number {
  return streams.flatMap((stream) => stream.subscriptions).filter(({ lastTickMicros }) => lastTickMicros > 0)
    .length;
}

/** Milliseconds from a moment until something is so. With a `boundMs` it may as well not become so. */
async function until(
  ingestor: Ingestor,
  sinceMs: number,
  isSo: (status: Status) => boolean,
  boundMs = Infinity,
): Promise<number> {
  for (;;) {
    const passedMs = performance.now() - sinceMs;
    if (isSo(await statusOf(ingestor)) || passedMs > boundMs) return passedMs;
    if (boundMs === Infinity && passedMs > LIMIT_MS)
      throw new Error(`it was not so after ${LIMIT_MS / 1_000} s`);
    await sleep(500);
  }
}

async function loadOver(pid: number, seconds: number): Promise<{ cpuShare: number; residentMiB: number }> {
  const [cpu, at] = [cpuMicros(pid) ?? Number.NaN, performance.now()];
  await sleep(seconds * 1_000);
  const used = (cpuMicros(pid) ?? Number.NaN) - cpu;
  return {
    cpuShare: used / 1_000 / (performance.now() - at),
    residentMiB: (residentBytes(pid) ?? Number.NaN) / MIB,
  };
}
