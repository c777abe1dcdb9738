import { bucketOf, calendars, candleColumns, rollUp } from '@tickwright/market';
import type { Bucket, CandleColumns, InstrumentTable, Interval, IsComplete } from '@tickwright/market';
import { goneCandle } from '@tickwright/feed';
import type { FeedCandle } from '@tickwright/feed';
import { copyRow, rowFrom } from './minute-history.ts';
import type { MinuteHistory } from './minute-history.ts';
import { closeOf, feedCandle } from './sent-candles.ts';

export interface LongerCandlesOptions {
  readonly interval: Interval;
  readonly history: MinuteHistory;
  readonly instruments: InstrumentTable;
  readonly isComplete: IsComplete;
}

interface OpenBucket {
  readonly instrument: number;
  readonly bucket: Bucket;
}

/** The candles of one interval beyond 1m: which of them changed, and what they are now, rolled up from the minutes. */
export class LongerCandles {
  readonly interval: Interval;
  readonly #options: LongerCandlesOptions;
  /** To be rolled up, by instrument and open time. */
  #dirty = new Map<string, OpenBucket>();
  /** Not yet closed when they were last rolled up. */
  readonly #open = new Map<string, OpenBucket>();
  /** By segment: when the first of the open ones ends. */
  readonly #nextClose = new Map<string, number>();

  constructor(options: LongerCandlesOptions) {
    this.interval = options.interval;
    this.#options = options;
  }

  /** A minute has changed. */
  touch(instrument: number, openMicros: number): void {
    const bucket = bucketOf(openMicros, this.interval, this.#calendar(instrument));
    if (bucket !== undefined) this.#dirty.set(nameOf(instrument, bucket), { instrument, bucket });
  }

  /** The completeness of a span, both ends inclusive, has changed; buckets without a minute in it included. */
  touchSpan(instrument: number, span: { readonly fromMicros: number; readonly toMicros: number }): void {
    const minutes = this.#options.history.of(instrument);
    if (minutes === undefined || minutes.count === 0) return;
    const calendar = this.#calendar(instrument);
    // An open end lies beyond every calendar.
    const fromMicros = Math.max(span.fromMicros, minutes.openTime[0]);
    const toMicros = Math.min(span.toMicros, minutes.openTime[minutes.count - 1]);
    const first = bucketOf(fromMicros, this.interval, calendar)?.openMicros ?? fromMicros;
    const last = bucketOf(toMicros, this.interval, calendar)?.closeMicros ?? toMicros + 1;
    for (let row = rowFrom(minutes, first); row < minutes.count && minutes.openTime[row] < last; row += 1)
      this.touch(instrument, minutes.openTime[row]);
  }

  /** Whether time alone has closed one of a segment. */
  isDue(segment: string, closedBeforeMicros: number): boolean {
    return (this.#nextClose.get(segment) ?? Infinity) <= closedBeforeMicros;
  }

  /** The candles that changed or closed since the last call, by instrument, each by open time. */
  take(closedBefore: (segment: string) => number): Map<number, FeedCandle[]> {
    for (const [name, open] of this.#open)
      if (open.bucket.closeMicros <= closedBefore(this.#segment(open.instrument)))
        this.#dirty.set(name, open);
    if (this.#dirty.size === 0) return new Map();
    const buckets = [...this.#dirty.values()].sort(
      (a, b) => a.instrument - b.instrument || a.bucket.openMicros - b.bucket.openMicros,
    );
    this.#dirty = new Map();
    const rolled = this.#rolled(this.#minutesOf(buckets), closedBefore);
    const candles = new Map<number, FeedCandle[]>();
    let row = 0;
    for (const { instrument, bucket } of buckets) {
      const isThere = rolled.instrument[row] === instrument && rolled.openTime[row] === bucket.openMicros;
      const candle =
        row < rolled.count && isThere ? this.#candle(rolled, row++) : this.#gone(instrument, bucket);
      if (candle === undefined) continue;
      const found = candles.get(instrument);
      if (found === undefined) candles.set(instrument, [candle]);
      else found.push(candle);
      this.#watch(instrument, candle);
    }
    this.#findNextClose();
    return candles;
  }

  /** An instrument's newest candles as they were last sent. */
  newest(instrument: number, count: number, closedBefore: (segment: string) => number): FeedCandle[] {
    const minutes = this.#options.history.of(instrument);
    if (minutes === undefined) return [];
    const calendar = this.#calendar(instrument);
    // From behind, as many buckets as are wanted; the first one that is kept whole or not at all.
    let from = minutes.count;
    for (let found = 0; found < count && from > 0; found += 1) {
      const bucket = bucketOf(minutes.openTime[from - 1], this.interval, calendar);
      from = bucket === undefined ? from - 1 : rowFrom(minutes, bucket.openMicros);
    }
    const wanted = candleColumns(minutes.count - from);
    for (let row = from; row < minutes.count; row += 1)
      copyRow({ from: minutes, row }, { to: wanted, at: wanted.count++ });
    const rolled = this.#rolled(wanted, closedBefore);
    const candles = Array.from({ length: rolled.count }, (_, row) => this.#candle(rolled, row));
    const known = new Set(candles.map(({ openMicros }) => openMicros));
    for (const { openTime } of this.#options.history.goneIn(
      instrument,
      candles[0]?.openMicros ?? 0,
      Infinity,
    )) {
      const bucket = bucketOf(openTime, this.interval, calendar);
      const gone =
        bucket === undefined || known.has(bucket.openMicros) ? undefined : this.#gone(instrument, bucket);
      if (gone === undefined) continue;
      known.add(gone.openMicros);
      candles.push(gone);
    }
    return candles.sort((a, b) => a.openMicros - b.openMicros);
  }

  #candle(rolled: CandleColumns, row: number): FeedCandle {
    const instrument = rolled.instrument[row];
    const openMicros = rolled.openTime[row];
    const closeMicros = closeOf(openMicros, this.interval, this.#calendar(instrument));
    const candle = feedCandle(rolled, row, closeMicros);
    // A minute that went has changed it, and may have been the newest of it.
    const version = Math.max(candle.version, this.#goneVersion(instrument, { openMicros, closeMicros }));
    return { ...candle, version };
  }

  /** What is told of one that has no minute left; undefined: it never had one. */
  #gone(instrument: number, bucket: Bucket): FeedCandle | undefined {
    const version = this.#goneVersion(instrument, bucket);
    return version < 0 ? undefined : goneCandle({ ...bucket, version });
  }

  #goneVersion(instrument: number, { openMicros, closeMicros }: Bucket): number {
    const gone = this.#options.history.goneIn(instrument, openMicros, closeMicros);
    return gone.reduce((newest, { version }) => Math.max(newest, version), -1);
  }

  #rolled(minutes: CandleColumns, closedBefore: (segment: string) => number): CandleColumns {
    const { instruments, isComplete } = this.#options;
    return rollUp(minutes, { interval: this.interval, instruments, calendars, closedBefore, isComplete });
  }

  #minutesOf(buckets: readonly OpenBucket[]): CandleColumns {
    const spans = buckets.flatMap(({ instrument, bucket }) => {
      const minutes = this.#options.history.of(instrument);
      if (minutes === undefined) return [];
      const from = rowFrom(minutes, bucket.openMicros);
      return [{ minutes, from, to: rowFrom(minutes, bucket.closeMicros) }];
    });
    const columns = candleColumns(spans.reduce((sum, { from, to }) => sum + to - from, 0));
    for (const { minutes, from, to } of spans) {
      for (let row = from; row < to; row += 1)
        copyRow({ from: minutes, row }, { to: columns, at: columns.count++ });
    }
    return columns;
  }

  #watch(instrument: number, { openMicros, closeMicros, isClosed }: FeedCandle): void {
    const bucket = { openMicros, closeMicros };
    if (isClosed) this.#open.delete(nameOf(instrument, bucket));
    else this.#open.set(nameOf(instrument, bucket), { instrument, bucket });
  }

  #findNextClose(): void {
    this.#nextClose.clear();
    for (const { instrument, bucket } of this.#open.values()) {
      const segment = this.#segment(instrument);
      this.#nextClose.set(segment, Math.min(bucket.closeMicros, this.#nextClose.get(segment) ?? Infinity));
    }
  }

  #segment(instrument: number): string {
    return this.#options.instruments.at(instrument).segment;
  }

  #calendar(instrument: number) {
    return calendars(this.#options.instruments.at(instrument).calendar);
  }
}

function nameOf(instrument: number, { openMicros }: Pick<Bucket, 'openMicros'>): string {
  return `${instrument} ${openMicros}`;
}
