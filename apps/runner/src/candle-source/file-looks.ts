import { instrumentKey, intervalMicros, splitKey } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import type { Candle, CandleQuery, LatestWanted, Status } from '@tickwright/store';
import type { CandleFold } from './candle-fold.ts';
import { MISSED_MAX } from './stream-fold.ts';
import type { StreamFold } from './stream-fold.ts';

/** A look goes back so far beyond two candles: what closed late is still in it. */
const LOOK_BACK_MICROS = 5 * 60_000_000;
/** A sweep goes back no further; older changes are seen at the next start. */
const SWEEP_MAX_MICROS = 48 * 3_600_000_000;
/** Every candle that is remembered is looked at again this often, for changes by backfill. */
const SWEEP_MS = 60_000;
/**
 * While history is lacking, which an ingestor fetches from its venue after its first start; twice as long after each, for
 * some of it may never come, and a look at all of it is long.
 */
const EARLY_SWEEP_MS = 5_000;

interface StreamGroup {
  readonly interval: Interval;
  readonly segment: string;
  readonly streams: readonly StreamFold[];
  readonly instruments: readonly string[];
}

export type Views = ReadonlyMap<Interval, readonly Candle[]>;

export interface FileLooksOptions {
  readonly fold: CandleFold;
  readonly query: Pick<CandleQuery, 'latestIn'>;
}

/** What to ask the candle files for: all that warms up, then the newest end, and now and then all that is remembered. */
export class FileLooks {
  readonly #options: FileLooksOptions;
  /** Newest closing that was seen of each segment, from which looks go back. */
  readonly #newest = new Map<string, number>();
  #sweptMs = -Infinity;
  #earlySweepMs = EARLY_SWEEP_MS;
  /** There may be changes that no look since the last sweep went back to. */
  #hasUnswept = false;
  #epoch = '';

  constructor(options: FileLooksOptions) {
    this.#options = options;
  }

  /** History of every stream, and what closed since it was consumed last. */
  async first(
    status: Status | undefined,
    now: { readonly micros: number; readonly monotonicMs: number },
  ): Promise<Views> {
    const views = await this.#each(({ interval, streams }) => {
      const warmUp = Math.max(...streams.map(({ wanted }) => wanted.warmUp));
      const consumed = streams.flatMap(({ wanted: { consumedTo } }) => consumedTo ?? []);
      const awayMicros = consumed.length === 0 ? 0 : Math.max(0, now.micros - Math.min(...consumed));
      const missed = Math.min(MISSED_MAX, Math.ceil(awayMicros / intervalMicros(interval)));
      return { interval, count: warmUp + missed + 2 };
    });
    // All that is remembered was in it.
    this.#epoch = status?.epoch ?? this.#epoch;
    this.#sweptMs = now.monotonicMs;
    return views;
  }

  isSweepDue(nowMs: number): boolean {
    return nowMs >= this.#sweptMs + (this.#options.fold.lacksHistory ? this.#earlySweepMs : SWEEP_MS);
  }

  /** Candles were published again. */
  published(): void {
    this.#hasUnswept = true;
  }

  /** Whether all that is remembered is to be looked at though nothing new is published: whoever publishes may have ended. */
  isSweepOwed(nowMs: number): boolean {
    return this.#hasUnswept && this.isSweepDue(nowMs);
  }

  /** The newest end of every stream, or all that is remembered where that is due. */
  async next(
    status: Status | undefined,
    told: { readonly nowMs: number; readonly haveGapsChanged: boolean },
  ): Promise<{ views: Views; isSweep: boolean }> {
    const { nowMs, haveGapsChanged } = told;
    // Another ingestor, or one that has filled a gap, is likely to have fetched more.
    const isAskedFor = this.#isOtherEpoch(status) || haveGapsChanged;
    const isSweep = isAskedFor || this.isSweepDue(nowMs);
    if (isSweep) {
      this.#earlySweepMs = isAskedFor ? EARLY_SWEEP_MS : Math.min(SWEEP_MS, 2 * this.#earlySweepMs);
      this.#sweptMs = nowMs;
      this.#hasUnswept = false;
    }
    const views = await this.#each((group) => {
      const from = isSweep ? this.#sweepFrom(group) : this.#lookFrom(group);
      return { interval: group.interval, from, count: Infinity };
    });
    return { views, isSweep };
  }

  /**
   * Segment by segment: one that sleeps must not make the others' looks long. Intervals of the same instruments come from
   * one reading of the files.
   */
  async #each(ask: (group: StreamGroup) => LatestWanted): Promise<Views> {
    const views = new Map<Interval, Candle[]>();
    for (const groups of this.#sameInstruments()) {
      const answers = await this.#options.query.latestIn(groups[0]?.instruments ?? [], groups.map(ask));
      for (const [at, { interval }] of groups.entries()) {
        const candles = answers[at]?.candles ?? [];
        const before = views.get(interval);
        views.set(interval, before === undefined ? [...candles] : before.concat(candles));
      }
    }
    // Only once all were read: a look that failed half way is taken again from where the last whole one began.
    for (const candles of views.values()) this.#remember(candles);
    return views;
  }

  #sameInstruments(): StreamGroup[][] {
    const found = new Map<string, StreamGroup[]>();
    for (const group of this.#groups()) {
      const key = [...group.instruments].sort().join(' ');
      const same = found.get(key);
      if (same === undefined) found.set(key, [group]);
      else same.push(group);
    }
    return [...found.values()];
  }

  #groups(): StreamGroup[] {
    const { fold } = this.#options;
    return fold.intervals().flatMap((interval) => {
      const streams = fold.streamsOf(interval);
      const segments = new Set(streams.map(({ wanted }) => segmentOf(wanted.instrument)));
      return [...segments].map((segment) => {
        const own = streams.filter(({ wanted }) => segmentOf(wanted.instrument) === segment);
        return { interval, segment, streams: own, instruments: own.map(({ wanted }) => wanted.instrument) };
      });
    });
  }

  #remember(candles: readonly Candle[]): void {
    const newest = new Map<string, number>();
    for (const { instrument, openTime, isClosed } of candles)
      if (isClosed && openTime > (newest.get(instrument) ?? -Infinity)) newest.set(instrument, openTime);
    for (const [instrument, openTime] of newest) {
      const segment = segmentOf(instrument);
      this.#newest.set(segment, Math.max(this.#newestOf(segment), openTime));
    }
  }

  #lookFrom({ segment, interval }: StreamGroup): number {
    return this.#newestOf(segment) - 2 * intervalMicros(interval) - LOOK_BACK_MICROS;
  }

  #sweepFrom({ segment, interval, streams }: StreamGroup): number {
    const floor = Math.min(...streams.map((stream) => stream.floor));
    return Math.max(floor, this.#newestOf(segment) - SWEEP_MAX_MICROS - intervalMicros(interval));
  }

  #newestOf(segment: string): number {
    return this.#newest.get(segment) ?? -Infinity;
  }

  #isOtherEpoch(status: Status | undefined): boolean {
    const epoch = status?.epoch ?? this.#epoch;
    const isOther = epoch !== this.#epoch;
    this.#epoch = epoch;
    return isOther;
  }
}

export function segmentOf(instrument: string): string {
  return splitKey(instrumentKey(instrument)).segment;
}
