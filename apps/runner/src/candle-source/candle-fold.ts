import { intervalMicros, splitKey, instrumentKey } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import type { Candle } from '@tickwright/store';
import type { SourceCandleEvent, SourceEvent, SourceHistoryEvent, StreamWanted } from './source-event.ts';
import { StreamFold } from './stream-fold.ts';

type Views = ReadonlyMap<Interval, readonly Candle[]>;

export interface CandleFoldOptions {
  readonly streams: readonly StreamWanted[];
  /** A candle that closed longer ago than this, in the time of its market, is told as missed. */
  readonly maxSignalAgeMs: number;
}

/** All streams of a runner. Two sources may look at the same candles in turn: nothing is told twice. */
export class CandleFold {
  readonly #streams = new Map<string, StreamFold>();
  readonly #byInterval = new Map<Interval, StreamFold[]>();
  readonly #watermarks = new Map<string, number>();
  readonly #maxAgeMicros: number;
  #hasBegun = false;
  #skipped = 0;

  constructor(options: CandleFoldOptions) {
    this.#maxAgeMicros = options.maxSignalAgeMs * 1_000;
    for (const wanted of options.streams) {
      const fold = new StreamFold(wanted);
      this.#streams.set(streamKey(wanted.interval, wanted.instrument), fold);
      const list = this.#byInterval.get(wanted.interval);
      if (list === undefined) this.#byInterval.set(wanted.interval, [fold]);
      else list.push(fold);
    }
  }

  get hasBegun(): boolean {
    return this.#hasBegun;
  }

  /** Candles that were too many to be told one by one at the begin. */
  get skipped(): number {
    return this.#skipped;
  }

  intervals(): Interval[] {
    return [...this.#byInterval.keys()].sort((a, b) => intervalMicros(a) - intervalMicros(b));
  }

  streamsOf(interval: Interval): readonly StreamFold[] {
    return this.#byInterval.get(interval) ?? [];
  }

  /** The newest time up to which a segment is known; -Infinity: nothing is. */
  watermark(segment: string): number {
    return this.#watermarks.get(segment) ?? -Infinity;
  }

  /** The first look at all streams, by interval, each candle list by instrument and time: history, then the rest. */
  begin(views: ReadonlyMap<Interval, readonly Candle[]>): SourceEvent[] {
    // History comes stream by stream: between streams it has no order that matters, and there may be a lot of it.
    const history: SourceHistoryEvent[] = [];
    const events: SourceCandleEvent[] = [];
    for (const [interval, candles] of views) {
      const lists = byInstrument(candles);
      for (const fold of this.streamsOf(interval)) {
        const begun = fold.begin(lists.get(fold.wanted.instrument) ?? []);
        this.#skipped += begun.skipped;
        if (begun.history !== undefined) history.push(begun.history);
        events.push(...begun.events);
      }
    }
    this.#hasBegun = true;
    return [...history, ...inOrder(events)];
  }

  /** Whether streams began with less history than their strategies want. */
  get lacksHistory(): boolean {
    return [...this.#streams.values()].some((fold) => fold.lacksHistory);
  }

  /** Whether a look has more history than such streams have. */
  hasMoreHistory(views: Views): boolean {
    return [...views].some(([interval, candles]) => {
      const lists = byInstrument(candles);
      return this.streamsOf(interval).some(
        (fold) => fold.lacksHistory && fold.hasMoreIn(lists.get(fold.wanted.instrument) ?? []),
      );
    });
  }

  /**
   * Begins anew with a look at all streams, behind what was told: strategies warm up with more than they had. What has
   * closed since the look before is told as at any other look.
   */
  beginAnew(views: Views): SourceEvent[] {
    const toldTo = new Map([...this.#streams].map(([key, fold]) => [key, fold.newestClosed]));
    const isTold = (interval: Interval, { instrument, openTime }: Candle): boolean =>
      openTime <= (toldTo.get(streamKey(interval, instrument)) ?? -Infinity);
    for (const [interval, folds] of this.#byInterval) {
      const anew = folds.map((fold) => new StreamFold({ ...fold.wanted, ...fold.consumed }));
      this.#byInterval.set(interval, anew);
      for (const fold of anew) this.#streams.set(streamKey(interval, fold.wanted.instrument), fold);
    }
    const before = new Map(
      [...views].map(([interval, candles]) => [
        interval,
        candles.filter((candle) => isTold(interval, candle)),
      ]),
    );
    return [{ type: 'restart' }, ...this.begin(before), ...this.take(views, {})];
  }

  /** Another look at some candles; `watermarks`: how far each segment was known before it. */
  take(
    views: ReadonlyMap<Interval, readonly Candle[]>,
    watermarks: Readonly<Record<string, number>>,
  ): SourceEvent[] {
    const times = this.#advance(watermarks);
    const history: SourceHistoryEvent[] = [];
    const events: SourceCandleEvent[] = [];
    for (const [interval, candles] of views) {
      for (const [instrument, list] of byInstrument(candles)) {
        const fold = this.#streams.get(streamKey(interval, instrument));
        if (fold === undefined) continue;
        const { segment } = splitKey(instrumentKey(instrument));
        const news = fold.take(list, this.watermark(segment) - this.#maxAgeMicros);
        if (news.history !== undefined) history.push(news.history);
        events.push(...news.events);
      }
    }
    return [...history, ...inOrder(events), ...times];
  }

  #advance(watermarks: Readonly<Record<string, number>>): SourceEvent[] {
    const events: SourceEvent[] = [];
    for (const [segment, micros] of Object.entries(watermarks).sort(([a], [b]) => (a < b ? -1 : 1))) {
      if (micros <= this.watermark(segment)) continue;
      this.#watermarks.set(segment, micros);
      events.push({ type: 'time', segment, micros });
    }
    return events;
  }
}

export function streamKey(interval: Interval, instrument: string): string {
  return `${interval} ${instrument}`;
}

function byInstrument(candles: readonly Candle[]): Map<string, Candle[]> {
  const lists = new Map<string, Candle[]>();
  let from = 0;
  while (from < candles.length) {
    const instrument = candles[from]?.instrument ?? '';
    let to = from + 1;
    while (to < candles.length && candles[to]?.instrument === instrument) to += 1;
    // As a rule an instrument's candles stand together: cut out, not looked up candle by candle.
    lists.set(instrument, (lists.get(instrument) ?? []).concat(candles.slice(from, to)));
    from = to;
  }
  return lists;
}

/** What has closed comes by its closing, shorter intervals first; what forms comes after all of it. */
function inOrder(events: SourceCandleEvent[]): SourceCandleEvent[] {
  return events.sort(
    (a, b) =>
      Number(a.phase === 'forming') - Number(b.phase === 'forming') ||
      a.candle.closeTime - b.candle.closeTime ||
      intervalMicros(a.interval) - intervalMicros(b.interval) ||
      compare(a.candle.instrument, b.candle.instrument),
  );
}

function compare(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}
