import { MINUTE_MICROS } from '@tickwright/market';
import type {
  CandleColumns,
  GoneMinute,
  Gap,
  InstrumentKey,
  InstrumentTable,
  Interval,
  IsComplete,
} from '@tickwright/market';
import { goneCandle, parseTopic, topics } from '@tickwright/feed';
import type { FeedCandle, FeedStatus, SnapshotSource, TopicState } from '@tickwright/feed';
import type { Pipeline } from '../intake/pipeline.ts';
import { GapChanges } from './gap-changes.ts';
import { LongerCandles } from './longer-candles.ts';
import { MinuteHistory, rowFrom } from './minute-history.ts';
import { feedCandle } from './sent-candles.ts';

export interface FeedMemoryOptions {
  readonly pipeline: Pick<Pipeline, 'candles' | 'gaps'>;
  readonly instruments: InstrumentTable;
  readonly intervals: readonly Interval[];
  readonly historyMinutes: number;
  readonly hasTicks: boolean;
  readonly status: () => FeedStatus;
}

/** Candles of one topic that changed at once. */
export interface ChangedCandles {
  readonly interval: Interval;
  readonly instrument: InstrumentKey;
  readonly candles: readonly FeedCandle[];
}

/**
 * What the feed has told of candles and gaps, and what has changed since. A snapshot is answered from what was told, so
 * that it and the messages after it fit without a seam.
 */
export class FeedMemory implements SnapshotSource {
  readonly #options: FeedMemoryOptions;
  readonly #history: MinuteHistory;
  readonly #longer: readonly LongerCandles[];
  readonly #gapChanges: GapChanges;
  /** By segment, as of the last `take`. */
  readonly #closedBefore = new Map<string, number>();
  #closings = -1;
  #lateTicks = -1;
  /** Candles that came from storage, and those of which nothing is left there. */
  #recomputed: { readonly rows: CandleColumns; readonly gone: readonly GoneMinute[] }[] = [];

  constructor(options: FeedMemoryOptions) {
    const { pipeline, instruments, intervals } = options;
    this.#options = options;
    this.#history = new MinuteHistory(options.historyMinutes);
    this.#gapChanges = new GapChanges(pipeline.gaps);
    this.#longer = intervals
      .filter((interval) => interval !== '1m')
      .map((interval) => {
        const parts = { history: this.#history, instruments, isComplete: this.#isComplete };
        return new LongerCandles({ interval, ...parts });
      });
  }

  /**
   * Begins with what is known: candles read from files, then those in memory, which are the newer ones. Candles that
   * changed until now count as told.
   */
  begin(published: readonly CandleColumns[]): void {
    const { candles } = this.#options.pipeline;
    for (const rows of published) this.#put(rows);
    for (const segment of this.#segments())
      for (const hourMicros of candles.hoursInMemory(segment))
        this.#put(candles.hourRows(segment, hourMicros, this.#isComplete));
    candles.takeChangedCandles(this.#isComplete);
    this.#recomputed = [];
    this.#noteTime();
    for (const longer of this.#longer) longer.take(this.#closedBeforeOf);
    this.#gapChanges.take();
  }

  recomputed(rows: CandleColumns, gone: readonly GoneMinute[]): void {
    this.#recomputed.push({ rows, gone });
  }

  /** What happened that is not to wait: a candle closed, or changed after that. */
  get urgency(): 'closed' | 'changed' | 'none' {
    const { candles } = this.#options.pipeline;
    const { closed, late } = candles.counts;
    if (closed !== this.#closings) return 'closed';
    for (const segment of this.#closedBefore.keys()) {
      const micros = candles.closedBeforeMicros(segment);
      if (this.#longer.some((longer) => longer.isDue(segment, micros))) return 'closed';
    }
    return late !== this.#lateTicks || this.#recomputed.length > 0 ? 'changed' : 'none';
  }

  /** The candles that changed since the last call; undefined when there were too many to be followed. */
  takeCandles(): ChangedCandles[] | undefined {
    const taken = this.#options.pipeline.candles.takeChangedCandles(this.#isComplete);
    if (taken.hasOverflowed) return undefined;
    const minutes = this.#put(taken.candles);
    this.#remove(taken.gone, minutes);
    for (const { rows, gone } of this.#recomputed.splice(0)) {
      this.#put(rows, minutes);
      this.#remove(gone, minutes);
    }
    this.#noteTime();
    const changed: ChangedCandles[] = [];
    if (this.#options.intervals.includes('1m')) changed.push(...this.#changedMinutes(minutes));
    for (const longer of this.#longer) {
      for (const [number, found] of longer.take(this.#closedBeforeOf))
        changed.push({ interval: longer.interval, instrument: this.#key(number), candles: found });
    }
    return changed;
  }

  /** The gaps that changed since the last call. Longer candles they overlap change with them. */
  takeGaps(): Map<string, Gap[]> {
    const changes = this.#gapChanges.take();
    for (const [key, gaps] of changes) {
      const instrument = this.#options.instruments.indexOf(key);
      if (instrument < 0) continue;
      for (const { fromMicros, toMicros } of gaps) {
        const span = { fromMicros, toMicros: toMicros < 0 ? Number.MAX_SAFE_INTEGER : toMicros };
        for (const longer of this.#longer) longer.touchSpan(instrument, span);
      }
    }
    return changes;
  }

  *topics(): Generator<string> {
    yield topics.status;
    for (const { key } of this.#options.instruments.list()) {
      for (const interval of this.#options.intervals) yield topics.candle(interval, key);
      if (this.#options.hasTicks) yield topics.tick(key);
      yield topics.gap(key);
    }
  }

  state(topic: string, history: number): TopicState | undefined {
    const about = parseTopic(topic);
    if (about.kind === 'status') return { kind: 'status', status: this.#options.status() };
    if (about.kind === 'gap') {
      const gaps = this.#options.pipeline.gaps.list();
      const isTold = ({ instrument, state }: Gap): boolean =>
        instrument === about.instrument && state !== 'filled';
      return { kind: 'gaps', gaps: gaps.filter(isTold) };
    }
    if (about.kind !== 'candle') return undefined;
    const number = this.#options.instruments.indexOf(about.instrument);
    if (number < 0) return undefined;
    return { kind: 'candles', candles: this.#newest(number, about.interval, history) };
  }

  #newest(number: number, interval: Interval, count: number): readonly FeedCandle[] {
    const longer = this.#longer.find((each) => each.interval === interval);
    if (longer !== undefined) return longer.newest(number, count, this.#closedBeforeOf);
    const minutes = this.#history.of(number);
    if (minutes === undefined) return [];
    const length = Math.min(count, minutes.count);
    const candles = Array.from({ length }, (_, at) => this.#minute(minutes, minutes.count - length + at));
    // Who was away when they went must hear of them, too.
    const gone = this.#history.goneIn(number, candles[0]?.openMicros ?? 0, Infinity).map(goneMinute);
    return gone.length === 0 ? candles : byOpenTime([...candles, ...gone]);
  }

  /** Puts rows into the history; notes what changed. Rows older than the history are left to the files. */
  #put(rows: CandleColumns, changed = new Map<number, Set<number>>()): Map<number, Set<number>> {
    for (let row = 0; row < rows.count; row += 1)
      if (this.#history.put(rows, row)) this.#touch(rows.instrument[row], rows.openTime[row], changed);
    return changed;
  }

  /** Takes candles out of the history; those older than it are left to the files. */
  #remove(gone: readonly GoneMinute[], changed: Map<number, Set<number>>): void {
    for (const minute of gone)
      if (this.#history.remove(minute)) this.#touch(minute.instrument, minute.openTime, changed);
  }

  #touch(instrument: number, openTime: number, changed: Map<number, Set<number>>): void {
    const minutes = changed.get(instrument);
    if (minutes === undefined) changed.set(instrument, new Set([openTime]));
    else minutes.add(openTime);
    for (const longer of this.#longer) longer.touch(instrument, openTime);
  }

  #changedMinutes(changed: ReadonlyMap<number, ReadonlySet<number>>): ChangedCandles[] {
    return [...changed].map(([number, openTimes]) => {
      const candles = [...openTimes].flatMap((time) => this.#minuteNow(number, time));
      return { interval: '1m', instrument: this.#key(number), candles: byOpenTime(candles) };
    });
  }

  #minuteNow(number: number, openTime: number): FeedCandle[] {
    const minutes = this.#history.of(number);
    const row = minutes === undefined ? 0 : rowFrom(minutes, openTime);
    if (minutes !== undefined && row < minutes.count && minutes.openTime[row] === openTime)
      return [this.#minute(minutes, row)];
    return this.#history.goneIn(number, openTime, openTime + 1).map(goneMinute);
  }

  #minute(minutes: CandleColumns, row: number): FeedCandle {
    return feedCandle(minutes, row, minutes.openTime[row] + MINUTE_MICROS);
  }

  /** Remembers how far time has closed candles: snapshots and messages then agree on it. */
  #noteTime(): void {
    const { candles } = this.#options.pipeline;
    this.#closings = candles.counts.closed;
    this.#lateTicks = candles.counts.late;
    for (const segment of this.#segments())
      this.#closedBefore.set(segment, candles.closedBeforeMicros(segment));
  }

  #segments(): Set<string> {
    return new Set(this.#options.instruments.list().map(({ segment }) => segment));
  }

  #key(number: number): InstrumentKey {
    return this.#options.instruments.at(number).key;
  }

  readonly #closedBeforeOf = (segment: string): number => this.#closedBefore.get(segment) ?? 0;

  readonly #isComplete: IsComplete = (instrument, openTime, closeTime) =>
    !this.#options.pipeline.gaps.overlaps(instrument, openTime, closeTime);
}

function goneMinute({ openTime, version }: Pick<GoneMinute, 'openTime' | 'version'>): FeedCandle {
  return goneCandle({ openMicros: openTime, closeMicros: openTime + MINUTE_MICROS, version });
}

function byOpenTime(candles: FeedCandle[]): FeedCandle[] {
  return candles.sort((a, b) => a.openMicros - b.openMicros);
}
