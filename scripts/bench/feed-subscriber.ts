import { build } from 'hdr-histogram-js';
import { FeedReceiver, topics } from '@tickwright/feed';
import { systemClock } from '@tickwright/runtime';
import { quiet } from './candle-files.ts';
import type { FeedAnswer, FeedCommand } from './feed.ts';

// A process of its own: `feed-subscriber.ts PUBLISH SNAPSHOT`. Receives all ticks, notes how old each message's first one
// is, and tells of it when asked.

/** A minute at 10,000 messages a second, and room to spare. */
const MAX_SAMPLES = 2_000_000;
/** Samples this close to a checkpoint are left out where they are to be. */
const AROUND_MICROS = 250_000;

const [publish, snapshot] = process.argv.slice(2);
const receiver = FeedReceiver.connect({
  publish,
  snapshot,
  topics: [topics.tick()],
  clock: systemClock,
  log: quiet,
});
const atMicros = new Float64Array(MAX_SAMPLES);
const ageMicros = new Float64Array(MAX_SAMPLES);
let samples = 0;
let offsetMicros: number | undefined;

function tell(answer: FeedAnswer): void {
  process.send?.(answer);
}

function hrtimeMicros(): number {
  return Number(process.hrtime.bigint()) / 1000;
}

function percentiles(left: (micros: number) => boolean): { p50: number; p99: number; count: number } {
  const histogram = build({ lowestDiscernibleValue: 1, highestTrackableValue: 60_000_000 });
  for (let at = 0; at < samples; at += 1)
    if (left(atMicros[at]))
      histogram.recordValue(Math.min(60_000_000, Math.max(0, Math.round(ageMicros[at]))));
  const [p50, p99] = [50, 99].map((share) => histogram.getValueAtPercentile(share) / 1000);
  return { p50, p99, count: histogram.totalCount };
}

process.on('disconnect', () => process.exit());
process.on('message', (command: FeedCommand) => {
  switch (command.type) {
    case 'count':
      return tell({ type: 'counted', ticks: receiver.counts.ticks, lost: receiver.counts.lost });
    case 'measure':
      samples = 0;
      offsetMicros = command.offsetMicros;
      return;
    case 'report': {
      const { checkpoints } = command;
      const isApart = (micros: number): boolean =>
        checkpoints.every((moment) => Math.abs(moment - micros) > AROUND_MICROS);
      const { lost } = receiver.counts;
      return tell({ type: 'reported', all: percentiles(() => true), apart: percentiles(isApart), lost });
    }
  }
});

for await (const event of receiver) {
  if (event.type === 'live') tell({ type: 'live' });
  if (event.type !== 'ticks' || offsetMicros === undefined || samples === MAX_SAMPLES) continue;
  const nowMicros = hrtimeMicros();
  atMicros[samples] = nowMicros;
  ageMicros[samples] = nowMicros - (event.ticks.receiveTime[0] + offsetMicros);
  samples += 1;
}
