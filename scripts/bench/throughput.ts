import { setTimeout as sleep } from 'node:timers/promises';
import { Child } from './children.ts';
import { startBurst } from './burst.ts';
import type { Burst } from './burst.ts';
import type { Sample } from './counting-process.ts';
import { figureOf, median } from './figures.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { Ingestor } from './ingestor-process.ts';
import { cpuMicros } from './process-figures.ts';
import { temporaryFolder } from './temporary-folder.ts';

const INSTRUMENTS = 200;
const WARM_UP_MS = 3_000;
const FIRST_FRAME_MS = 30_000;
const STORED_MS = 120_000;

interface Rate {
  readonly framesPerSecond: number;
  readonly cpuMicrosPerFrame: number;
  /** How long after the load's end the last tick stood in the tick file: what a rate may owe. */
  readonly storedAfterSeconds?: number;
}

interface Client {
  sample(): Promise<Omit<Sample, 'type'>>;
}

const VARIANTS = { ws: measureCounter, tardis: measureTardis, tickwright: measureIngestor };
type Variant = keyof typeof VARIANTS;

/**
 * The whole way at full load, everything on, beside `ws` counting the same frames and tardis-dev making trade bars of
 * them. Each is a process of its own before the same load server; they take turns, so that a drift of the machine
 * meets all of them.
 */
export async function run(options: BenchOptions): Promise<Figure[]> {
  const { rounds = 3, seconds = 10 } = options;
  const found: Record<Variant, Rate[]> = { ws: [], tardis: [], tickwright: [] };
  for (let round = 1; round <= rounds; round += 1) {
    for (const variant of ['ws', 'tardis', 'tickwright'] as const) {
      await using burst = await startBurst({ instruments: INSTRUMENTS, rate: 0 });
      const rate = await VARIANTS[variant](burst, seconds);
      console.error(`throughput round ${round}: ${variant} ${Math.round(rate.framesPerSecond)} frames/s`);
      found[variant].push(rate);
    }
  }
  const stored = found.tickwright.map((rate) => rate.storedAfterSeconds ?? Number.NaN);
  return [
    ...rates(found),
    figureOf('tickwright ingest: all is stored after the load ends', stored, { unit: 's' }),
    ...ratios(found),
  ];
}

function rates(found: Record<Variant, Rate[]>): Figure[] {
  const names = {
    ws: 'ws, counting only',
    tardis: 'tardis-dev, trades and bars of five intervals',
    tickwright: 'tickwright ingest, everything on and stored',
  };
  return (['ws', 'tardis', 'tickwright'] as const).flatMap((variant) => [
    figureOf(
      names[variant],
      found[variant].map((rate) => rate.framesPerSecond),
      { unit: 'frames/s' },
    ),
    figureOf(
      `${names[variant]}: CPU of the process`,
      found[variant].map((rate) => rate.cpuMicrosPerFrame),
      { unit: 'µs/frame' },
    ),
  ]);
}

function ratios(found: Record<Variant, Rate[]>): Figure[] {
  const of = (variant: Variant): number => median(found[variant].map((rate) => rate.framesPerSecond));
  const own = of('tickwright');
  return [
    { name: 'tickwright / tardis-dev', value: own / of('tardis'), unit: 'times', aim: { atLeast: 5 } },
    { name: 'tickwright / ws', value: own / of('ws'), unit: 'times', aim: { atLeast: 0.4 } },
  ];
}

async function measureCounter(burst: Burst, seconds: number): Promise<Rate> {
  await using child = Child.script('./ws-counter.ts', [String(burst.port), burst.symbols.join(',')]);
  return await measure(sampling(child), seconds);
}

async function measureTardis(burst: Burst, seconds: number): Promise<Rate> {
  await using child = Child.script('./tardis-bars.ts', [burst.symbols.join(',')], {
    WSS_URL_BINANCE: `ws://127.0.0.1:${burst.port}/stream`,
  });
  return await measure(sampling(child), seconds);
}

function sampling(child: Child): Client {
  return { sample: () => child.ask<Sample>({ type: 'sample' }, 'sample') };
}

async function measureIngestor(burst: Burst, seconds: number): Promise<Rate> {
  await using folder = await temporaryFolder('throughput');
  const instruments = burst.symbols.map((symbol) => `BINANCE|${symbol}`).join(',');
  const address = `127.0.0.1:${burst.port}`;
  await using ingestor = await Ingestor.start({
    venue: 'binance',
    instruments,
    'data-dir': folder.path,
    'ws-url': `ws://${address}`,
    'rest-url': `http://${address}`,
  });
  const rate = await measure(counting(ingestor), seconds);
  const startMs = performance.now();
  await checkStored(ingestor, burst);
  return { ...rate, storedAfterSeconds: (performance.now() - startMs) / 1000 };
}

/** What the ingestor has accepted, with the uptime told in the same answer: how long the answer took does not matter. */
function counting(ingestor: Ingestor): Client {
  return {
    async sample() {
      const { ticks, uptimeMs } = await ingestor.status();
      return { count: ticks.accepted, atMs: uptimeMs, cpuMicros: cpuMicros(ingestor.pid) ?? Number.NaN };
    },
  };
}

async function measure(client: Client, seconds: number): Promise<Rate> {
  const untilMs = performance.now() + FIRST_FRAME_MS;
  while ((await client.sample()).count === 0) {
    if (performance.now() > untilMs) throw new Error(`no frame came within ${FIRST_FRAME_MS} ms`);
    await sleep(50);
  }
  await sleep(WARM_UP_MS);
  const before = await client.sample();
  await sleep(seconds * 1000);
  const after = await client.sample();
  const frames = after.count - before.count;
  return {
    framesPerSecond: (frames / (after.atMs - before.atMs)) * 1000,
    cpuMicrosPerFrame: (after.cpuMicros - before.cpuMicros) / frames,
  };
}

/** A rate counts only when every frame that was sent was accepted once and can be read from the tick file. */
async function checkStored(ingestor: Ingestor, burst: Burst): Promise<void> {
  const sent = await burst.pause();
  const untilMs = performance.now() + STORED_MS;
  for (;;) {
    const { ticks, tickFile, journal } = await ingestor.status();
    if (ticks.duplicates > 0) throw new Error(`${ticks.duplicates} ticks were taken for duplicates`);
    const isAllIn = ticks.accepted === sent && tickFile.waitingRows === 0;
    if (isAllIn && tickFile.state === 'ok' && tickFile.appliedOffset >= sent) break;
    if (performance.now() > untilMs) {
      throw new Error(
        `${sent} frames were sent, ${ticks.accepted} accepted; the tick file (${tickFile.state}) is at offset ${tickFile.appliedOffset} of ${journal.nextOffset} after ${STORED_MS} ms`,
      );
    }
    await sleep(200);
  }
  const one = sent / burst.symbols.length;
  for (const symbol of [burst.symbols[0], burst.symbols[burst.symbols.length - 1]]) {
    const { count } = await ingestor.get<{ count: number }>(
      `/api/v1/ticks/count?instrument=${encodeURIComponent(`BINANCE|${symbol}`)}`,
    );
    if (count !== one) throw new Error(`${count} ticks of ${symbol} are stored, ${one} were sent`);
  }
}
