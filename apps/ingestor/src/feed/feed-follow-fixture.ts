import type { FeedCandle, TopicState } from '@tickwright/feed';
import { calendars, rollUp } from '@tickwright/market';
import type { CandleColumns, Gap, Interval, TickBatch } from '@tickwright/market';
import { candleColumns } from '@tickwright/market';
import type { Core } from '../core.ts';
import { FeedMemory } from './feed-memory.ts';
import { FeedPump } from './feed-pump.ts';
import { copyRow } from './minute-history.ts';
import { closeOf, feedCandle } from './sent-candles.ts';

/** A sender that keeps what it is given: what a follower of the feed knows. */
export class Follower {
  /** By interval and instrument key, by open time. */
  readonly candles = new Map<string, Map<number, FeedCandle>>();
  readonly gaps = new Map<string, Map<string, Gap>>();
  readonly ticks: { instrument: number; price: number }[] = [];
  /** Every candle in order of sending. */
  readonly told: { interval: Interval; instrument: string; candle: FeedCandle }[] = [];

  sendTicks(batch: TickBatch): void {
    for (let row = 0; row < batch.count; row += 1)
      this.ticks.push({ instrument: batch.instrument[row], price: batch.price[row] });
  }

  sendCandles(interval: Interval, instrument: string, candles: readonly FeedCandle[]): void {
    const known = this.candles.get(`${interval} ${instrument}`) ?? new Map<number, FeedCandle>();
    this.candles.set(`${interval} ${instrument}`, known);
    for (const candle of candles) {
      const before = known.get(candle.openMicros);
      if (before !== undefined && candle.version < before.version)
        throw new RangeError('an older version came later');
      if (candle.isGone === true) known.delete(candle.openMicros);
      else known.set(candle.openMicros, candle);
      this.told.push({ interval, instrument, candle });
    }
  }

  sendGaps(instrument: string, gaps: readonly Gap[]): void {
    const known = this.gaps.get(instrument) ?? new Map<string, Gap>();
    this.gaps.set(instrument, known);
    for (const gap of gaps) {
      if (gap.state === 'filled' && !known.has(gap.id))
        throw new RangeError('a gap was filled that nobody knew of');
      known.set(gap.id, gap);
    }
  }

  /** What is known of one topic, by open time. */
  of(interval: Interval, instrument: string): FeedCandle[] {
    const known = this.candles.get(`${interval} ${instrument}`)?.values() ?? [];
    return [...known].sort((a, b) => a.openMicros - b.openMicros);
  }
}

export interface Following {
  readonly memory: FeedMemory;
  readonly pump: FeedPump;
  readonly follower: Follower;
  readonly failures: unknown[];
}

/** Lets a follower hear a core, everything at once. */
export function follow(
  core: Core,
  intervals: readonly Interval[],
  options: { readonly formingIntervalMs?: number; readonly historyMinutes?: number } = {},
): Following {
  const { instruments, pipeline, clock } = core;
  const follower = new Follower();
  const failures: unknown[] = [];
  const memory = new FeedMemory({
    pipeline,
    instruments,
    intervals,
    historyMinutes: options.historyMinutes ?? 5_000,
    hasTicks: true,
    status: () => ({ sender: 'test', version: '0', intervals, instruments: [], segments: {} }),
  });
  const pump = new FeedPump({
    sender: follower,
    memory,
    instruments,
    hasTicks: true,
    batchMs: 0,
    formingIntervalMs: options.formingIntervalMs ?? 0,
    clock,
    later: () => () => undefined,
    onUrgent: () => undefined,
    onOverflow: () => failures.push('overflow'),
    onFailure: (error) => failures.push(error),
  });
  pipeline.listen(pump);
  return { memory, pump, follower, failures };
}

/** What the candles of an interval are by the one definition of it, from the minutes in memory. */
export function definedCandles(core: Core, interval: Interval, key: string): FeedCandle[] {
  const { pipeline, instruments } = core;
  const number = instruments.indexOf(key);
  const { segment, calendar } = instruments.at(number);
  const isComplete = (instrument: number, from: number, to: number): boolean =>
    !pipeline.gaps.overlaps(instrument, from, to);
  const hours = pipeline.candles
    .hoursInMemory(segment)
    .map((hour) => pipeline.candles.hourRows(segment, hour, isComplete));
  const minutes = only(hours, number);
  const closedBefore = pipeline.candles.closedBeforeMicros(segment);
  const rows =
    interval === '1m'
      ? minutes
      : rollUp(minutes, { interval, instruments, calendars, closedBefore, isComplete });
  return Array.from({ length: rows.count }, (_, row) =>
    feedCandle(rows, row, closeOf(rows.openTime[row], interval, calendars(calendar))),
  );
}

/** The candles of a topic as a snapshot tells them. */
export function snapshotOf(state: TopicState | undefined): readonly FeedCandle[] {
  return state?.kind === 'candles' ? state.candles : [];
}

function only(hours: readonly CandleColumns[], instrument: number): CandleColumns {
  const columns = candleColumns(hours.reduce((sum, { count }) => sum + count, 0));
  for (const hour of hours)
    for (let row = 0; row < hour.count; row += 1)
      if (hour.instrument[row] === instrument)
        copyRow({ from: hour, row }, { to: columns, at: columns.count++ });
  return columns;
}
