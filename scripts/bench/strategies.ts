import { setTimeout as sleep } from 'node:timers/promises';
import type { BenchOptions, Figure } from './figures.ts';
import { cpuMicros, residentBytes } from './process-figures.ts';
import { INSTRUMENTS, RunnerScene, answerOf } from './runner-scene.ts';

const STRATEGIES = ['moving_average_cross', 'rsi_reversal', 'opening_range_breakout', 'vwap_reversion'];
const INTERVALS = ['1m', '5m', '15m'];
const DEFAULT_SECONDS = 120;
/** What is anchored to the session remembers all of it: on a venue that never closes a day. */
const DAY_HOURS = 25;
/** A session of NSE, 09:15 to 15:30, and a little more. */
const SESSION_HOURS = 7;
const WARM_LIMIT_MS = 120_000;
const MIB = 2 ** 20;

interface Ops {
  readonly processes: readonly { readonly name: string; readonly eventLoopLagMs: number }[];
  readonly runner: {
    readonly warmUp: { readonly candles: number; readonly ms: number } | null;
    readonly ledger: { readonly events: number };
  };
}

/**
 * 200 instruments with four strategies on three intervals each, in the product's own runner beside its ingestor: how long
 * it warms up on a session of NSE and on a whole day of candles, then its processor time and memory while candles come.
 */
export async function run({ seconds = DEFAULT_SECONDS }: BenchOptions): Promise<Figure[]> {
  const session = await warmedUp({ hours: SESSION_HOURS, seconds: 1, of: 'a session of NSE' });
  const day = await warmedUp({ hours: DAY_HOURS, seconds, of: 'a day that never closes' });
  return [...session.slice(0, WARM_UP_FIGURES), ...day];
}

/** How many of the figures are about the warm-up alone. */
const WARM_UP_FIGURES = 3;

async function warmedUp(options: { hours: number; seconds: number; of: string }): Promise<Figure[]> {
  const { hours, seconds, of } = options;
  await using scene = await RunnerScene.open({ historyHours: hours });
  const strategies = INTERVALS.flatMap((interval) => STRATEGIES.map((use) => ({ use, interval })));
  const { child, address, startedMs } = await scene.run([
    `runner.strategies=${JSON.stringify(strategies)}`,
    'runner.paper.orders={"sizing":{"quantity":"1"}}',
    'runner.paper.cash="100000000"',
  ]);
  await using _child = child;
  const upMs = performance.now() - startedMs;
  const { candles, ms } = await warmUp(address);
  const allMs = performance.now() - startedMs;
  // On a machine that does other things too, this tells more than the time that passed.
  const spentMs = (cpuMicros(child.pid) ?? Number.NaN) / 1_000;
  const warm = await running(address);
  const { cpu, rss, rssMax } = await watched(child.pid, seconds);
  const ops = await answerOf<Ops>(address, '/api/v1/ops');
  const lag = ops.processes.find(({ name }) => name === 'runner')?.eventLoopLagMs ?? Number.NaN;
  return [
    { name: 'strategies at work', value: warm.running, unit: `of ${INSTRUMENTS * strategies.length}` },
    { name: `candles they warmed up with, ${of}`, value: candles, unit: 'candles' },
    { name: `warm-up, from reading to stored, ${of}`, value: ms / 1_000, unit: 's', aim: { atMost: 3 } },
    { name: 'process started until it answers', value: upMs / 1_000, unit: 's' },
    { name: 'process started until warm', value: allMs / 1_000, unit: 's' },
    { name: 'processor time until warm, its start included', value: spentMs / 1_000, unit: 's' },
    { name: `processor over ${seconds} s`, value: cpu, unit: '% of one' },
    { name: 'memory, mean', value: rss / MIB, unit: 'MiB' },
    { name: 'memory, most', value: rssMax / MIB, unit: 'MiB' },
    { name: 'event loop held, p99', value: lag, unit: 'ms' },
    { name: 'events stored', value: ops.runner.ledger.events, unit: 'events' },
  ];
}

async function warmUp(address: string): Promise<{ candles: number; ms: number }> {
  const endMs = performance.now() + WARM_LIMIT_MS;
  for (;;) {
    const { runner } = await answerOf<Ops>(address, '/api/v1/ops').catch(() => ({
      runner: { warmUp: null },
    }));
    if (runner.warmUp !== null) return runner.warmUp;
    if (performance.now() > endMs) throw new Error('the runner did not warm up');
    await sleep(50);
  }
}

/** How many strategies on instruments stand how, as Prometheus is told. */
async function running(address: string): Promise<{ running: number; warming: number }> {
  const text = await (await fetch(`${address}/metrics`)).text();
  const of = (status: string): number =>
    Number(new RegExp(`runner_strategies\\{status="${status}"\\} (\\d+)`).exec(text)?.[1] ?? 0);
  return { running: of('running'), warming: of('warming') };
}

async function watched(pid: number, seconds: number): Promise<{ cpu: number; rss: number; rssMax: number }> {
  const before = cpuMicros(pid) ?? Number.NaN;
  const startMs = performance.now();
  const sizes: number[] = [];
  while (performance.now() - startMs < seconds * 1_000) {
    await sleep(1_000);
    sizes.push(residentBytes(pid) ?? Number.NaN);
  }
  const spent = (cpuMicros(pid) ?? Number.NaN) - before;
  return {
    cpu: (100 * spent) / (1_000 * (performance.now() - startMs)),
    rss: sizes.reduce((sum, size) => sum + size, 0) / sizes.length,
    rssMax: Math.max(...sizes),
  };
}
