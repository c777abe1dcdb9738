import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { build } from 'hdr-histogram-js';
import { FeedReceiver, topics } from '@tickwright/feed';
import { readJournal } from '@tickwright/journal';
import { systemClock } from '@tickwright/runtime';
import { quiet } from './candle-files.ts';
import type { BenchOptions, Figure } from './figures.ts';
import { INSTRUMENTS, RunnerScene } from './runner-scene.ts';

const DEFAULT_SECONDS = 185;
const MINUTE_MICROS = 60_000_000;
/** As DESIGN.md has it: a candle closes when its venue's time is so far past its end, or ours. */
const AFTER_EVENT_MICROS = 250_000;
const AFTER_CLOCK_MICROS = 2_000_000;

/** Signals at every candle of every instrument. */
const STRATEGY = `
export const flip = {
  name: 'flip', description: 'long at even minutes, flat at odd ones', interval: '1m',
  parameters: { safeParse: (value) => ({ success: true, data: value }) },
  warmUp: () => 1,
  create: () => ({
    onCandle: (candle) => candle.state !== 'closed' ? undefined
      : { direction: (candle.openMicros / 60e6) % 2 === 0 ? 'long' : 'flat', confidence: 1, reason: 'by the minute' },
  }),
};
`;

interface Stored {
  readonly closeMicros: number;
  /** Offset of the frame that made the candle what it was when it was signalled on. */
  readonly version: number;
  /** When the runner had it stored and sent it. */
  readonly micros: number;
}

interface Frame {
  readonly offset: number;
  readonly receiveMicros: number;
}

/** Of a minute that closed before the journal began. */
const BEFORE: Frame = { offset: -1, receiveMicros: -Infinity };

/**
 * From a candle's closing until the signal that follows from it is stored, in files mode and in feed mode, 200 instruments
 * that all signal at every minute. The closing is the receive time of the frame that closes it, as the journal has it.
 * A candle of the minute in which the ingestor began may come only after its closing: of an instrument that traded in it
 * before the begin and not since, recovery asks for the trades once it has ticked again. It counts from the frame that
 * told it, and is counted.
 */
export async function run({ seconds = DEFAULT_SECONDS }: BenchOptions): Promise<Figure[]> {
  const settings = [
    'feed.kind=zeromq',
    'feed.publish=tcp://127.0.0.1:25556',
    'feed.snapshot=tcp://127.0.0.1:25557',
  ];
  await using scene = await RunnerScene.open({ historyHours: 1, settings });
  const file = join(scene.dataDir, '..', 'flip.mjs');
  await writeFile(file, STRATEGY);
  const modes = ['files', 'feed'] as const;
  const found = new Map<string, Stored[]>();
  for (const mode of modes) found.set(mode, await signalsOf(scene, { mode, file, seconds, settings }));
  await scene.stop();
  const versions = new Set([...found.values()].flat().map(({ version }) => version));
  const journal = await journaled(join(scene.dataDir, 'journal'), versions);
  return modes.flatMap((mode) => figuresOf(mode, found.get(mode) ?? [], journal));
}

async function signalsOf(
  scene: RunnerScene,
  options: { mode: 'files' | 'feed'; file: string; seconds: number; settings: readonly string[] },
): Promise<Stored[]> {
  const { mode, file, seconds, settings } = options;
  const addresses = { publish: 'tcp://127.0.0.1:25558', snapshot: 'tcp://127.0.0.1:25559' };
  const { child } = await scene.run([
    ...settings,
    `runner.candles=${mode}`,
    `runner.strategies=${JSON.stringify([{ use: file }])}`,
    `runner.signals=${JSON.stringify(addresses)}`,
    'runner.paper.orders={"sizing":{"quantity":"1"}}',
    'runner.paper.cash="100000000"',
  ]);
  await using _child = child;
  const stored: Stored[] = [];
  const receiver = FeedReceiver.connect({
    ...addresses,
    topics: [topics.signal()],
    clock: systemClock,
    log: quiet,
  });
  const reading = (async () => {
    for await (const event of receiver) {
      if (event.type !== 'signal') continue;
      const { candleCloseMicros, candleVersion } = event.signal.details ?? {};
      stored.push({
        closeMicros: Number(candleCloseMicros),
        version: Number(candleVersion),
        micros: event.sendMicros,
      });
    }
  })();
  await sleep(seconds * 1_000);
  await receiver[Symbol.asyncDispose]();
  await reading;
  return stored;
}

interface Journaled {
  /** By closing time of a minute: the frame that closed it. */
  readonly closings: ReadonlyMap<number, Frame>;
  /** By offset, of the frames that were asked for: when they came, microseconds UTC. */
  readonly received: ReadonlyMap<number, number>;
}

async function journaled(directory: string, offsets: ReadonlySet<number>): Promise<Journaled> {
  const closings = new Map<number, Frame>();
  const received = new Map<number, number>();
  let minute = Infinity;
  for await (const block of readJournal({ directory })) {
    for (let at = 0; at < block.count; at += 1) {
      const offset = block.firstOffset + at;
      const receiveMicros = block.receiveTime[at] ?? 0;
      if (offsets.has(offset)) received.set(offset, receiveMicros);
      if (minute === Infinity) minute = (Math.floor(receiveMicros / MINUTE_MICROS) + 1) * MINUTE_MICROS;
      const isLive = block.sources[block.source[at] ?? 0]?.connection.startsWith('history') !== true;
      const text = block.bytes.toString('latin1', block.start[at], block.end[at]);
      const eventMicros = isLive ? Number(/"T":(\d+)/.exec(text)?.[1] ?? 0) * 1_000 : 0;
      const known = Math.max(eventMicros - AFTER_EVENT_MICROS, receiveMicros - AFTER_CLOCK_MICROS);
      for (; known >= minute; minute += MINUTE_MICROS) closings.set(minute, { offset, receiveMicros });
    }
  }
  return { closings, received };
}

function figuresOf(
  mode: 'files' | 'feed',
  stored: readonly Stored[],
  { closings, received }: Journaled,
): Figure[] {
  const aimMs = mode === 'files' ? 2_000 : 100;
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 600_000_000 });
  let later = 0;
  for (const { closeMicros, version, micros } of stored) {
    const closing = closings.get(closeMicros) ?? BEFORE;
    const isLater = version > closing.offset;
    if (isLater) later += 1;
    const sinceMicros = isLater ? received.get(version) : closing.receiveMicros;
    if (sinceMicros === undefined) throw new Error(`the journal has no frame ${version}, a candle's version`);
    histogram.recordValue(Math.max(0, Math.round(micros - sinceMicros)));
  }
  const at = (share: number): number => histogram.getValueAtPercentile(share) / 1_000;
  const name = `${mode}: closing to signal stored`;
  return [
    { name: `${mode}: signals of ${INSTRUMENTS} instruments`, value: histogram.totalCount, unit: 'signals' },
    { name: `${mode}: of candles that came after their closing`, value: later, unit: 'signals' },
    { name: `${name}, p50`, value: at(50), unit: 'ms' },
    { name: `${name}, p99`, value: at(99), unit: 'ms', aim: { atMost: aimMs } },
    { name: `${name}, max`, value: at(100), unit: 'ms' },
  ];
}
