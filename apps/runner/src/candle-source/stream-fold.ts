import type { Candle } from '@tickwright/store';
import type { SourceCandleEvent, SourceHistoryEvent, SourcePhase, StreamWanted } from './source-event.ts';

/** Candles a stream remembers beyond its warm-up, so that a late change of one is told as such. */
const REMEMBERED_MIN = 64;

/** What a look at a stream tells. */
export interface StreamNews {
  /** It comes before the rest. */
  readonly history?: SourceHistoryEvent;
  readonly events: SourceCandleEvent[];
  /** Missed candles that were too many to be told one by one. */
  readonly skipped: number;
}

/** Candles that closed while the runner was down and are told one by one, a stream; a day of minutes and an hour. */
export const MISSED_MAX = 1_500;

/**
 * One stream's candles as they were told: whatever is looked at, how often and by which way, each closing is told once,
 * in order of time, and each change of a closed candle once.
 */
export class StreamFold {
  readonly wanted: StreamWanted;
  /** In order of time. */
  #told: Candle[] = [];
  #newestClosed: number;
  /** Candles before it are no longer, or never were, looked at. */
  #floor = -Infinity;
  #begunWith = 0;

  constructor(wanted: StreamWanted) {
    this.wanted = wanted;
    this.#newestClosed = wanted.consumedTo ?? -Infinity;
  }

  /** Whether it began with fewer closed candles than are wanted to warm up with. */
  get lacksHistory(): boolean {
    return this.#begunWith < this.wanted.warmUp;
  }

  /** How far it was told, for one that begins anew. */
  get consumed(): { readonly consumedTo?: number } {
    return this.#newestClosed === -Infinity ? {} : { consumedTo: this.#newestClosed };
  }

  /** Whether there are closed candles before those that it began with. */
  hasMoreIn(candles: readonly Candle[]): boolean {
    return candles.some(({ isClosed, openTime }) => isClosed && openTime < this.#floor);
  }

  /** openTime of the oldest candle whose changes are told. */
  get floor(): number {
    return this.#floor;
  }

  /** openTime of the newest candle told as closed, here or in a run before; -Infinity: none. */
  get newestClosed(): number {
    return this.#newestClosed;
  }

  /**
   * The first look at the stream, candles in order of time: history to warm up with, then what closed since it was
   * consumed last. A stream that was never consumed has missed nothing.
   */
  begin(candles: readonly Candle[]): StreamNews {
    const { warmUp, consumedTo } = this.wanted;
    const closed = candles.filter((candle) => candle.isClosed);
    const boundary = consumedTo ?? closed.at(-1)?.openTime ?? -Infinity;
    const later = closed.filter((candle) => candle.openTime > boundary);
    const missed = later.slice(-MISSED_MAX);
    const before = closed.slice(0, closed.length - missed.length);
    const warm = warmUp === 0 ? [] : before.slice(-warmUp);
    this.#begunWith = warm.length;
    this.#floor = warm[0]?.openTime ?? missed[0]?.openTime ?? candles[0]?.openTime ?? this.#newestClosed;
    this.#told = [...warm];
    this.#newestClosed = Math.max(this.#newestClosed, warm.at(-1)?.openTime ?? -Infinity);
    const events = missed.map((candle) => this.#tell('missed', candle));
    const forming = candles.filter((candle) => !candle.isClosed && candle.openTime > this.#newestClosed);
    for (const candle of forming) events.push(this.#tell('forming', candle));
    const { instrument, interval } = this.wanted;
    return {
      ...(warm.length > 0 && { history: { type: 'history', instrument, interval, candles: warm } as const }),
      events,
      skipped: later.length - missed.length,
    };
  }

  /**
   * Another look, candles in order of time: what is new of them. `oldestFresh`: candles that closed before it, in the
   * time of their market, are told as missed.
   */
  take(candles: readonly Candle[], oldestFresh: number): StreamNews {
    // It began with nothing, before its ingestor did: what lies before the first look is its history.
    if (this.#floor === -Infinity && candles.length > 0) return this.begin(candles);
    const events: SourceCandleEvent[] = [];
    for (const candle of candles) {
      const phase = this.#phaseOf(candle, oldestFresh);
      if (phase !== undefined) events.push(this.#tell(phase, candle));
    }
    this.#forget();
    return { events, skipped: 0 };
  }

  #phaseOf(candle: Candle, oldestFresh: number): SourcePhase | undefined {
    if (candle.openTime < this.#floor) return undefined;
    const told = this.#toldAt(candle.openTime);
    if (told?.isClosed === true) {
      // Time that seems to run back, after a restart of its owner, opens no candle again.
      return candle.isClosed && differs(candle, told) ? 'revised' : undefined;
    }
    if (candle.openTime <= this.#newestClosed) return candle.isClosed ? 'revised' : undefined;
    if (candle.isClosed) return candle.closeTime < oldestFresh ? 'missed' : 'closed';
    return told === undefined || differs(candle, told) ? 'forming' : undefined;
  }

  #tell(phase: SourcePhase, candle: Candle): SourceCandleEvent {
    const at = this.#positionOf(candle.openTime);
    const isAnother = this.#told[at]?.openTime !== candle.openTime;
    if (isAnother && at < this.#told.length) this.#told.splice(at, 0, candle);
    else this.#told[at] = candle;
    if (phase !== 'forming') this.#newestClosed = Math.max(this.#newestClosed, candle.openTime);
    return { type: 'candle', phase, interval: this.wanted.interval, candle };
  }

  #forget(): void {
    const keep = Math.max(REMEMBERED_MIN, this.wanted.warmUp);
    if (this.#told.length <= 2 * keep) return;
    this.#told = this.#told.slice(-keep);
    this.#floor = this.#told[0]?.openTime ?? this.#floor;
  }

  #toldAt(openTime: number): Candle | undefined {
    const candle = this.#told[this.#positionOf(openTime)];
    return candle?.openTime === openTime ? candle : undefined;
  }

  /** Where in what was told it stands, or would. Most are the newest, or newer. */
  #positionOf(openTime: number): number {
    let from = 0;
    let to = this.#told.length;
    if (to === 0 || (this.#told[to - 1]?.openTime ?? 0) < openTime) return to;
    while (from < to) {
      const middle = (from + to) >> 1;
      if ((this.#told[middle]?.openTime ?? 0) < openTime) from = middle + 1;
      else to = middle;
    }
    return from;
  }
}

function differs(a: Candle, b: Candle): boolean {
  return (
    a.version !== b.version ||
    a.isComplete !== b.isComplete ||
    a.close !== b.close ||
    a.volume !== b.volume ||
    a.open !== b.open ||
    a.high !== b.high ||
    a.low !== b.low ||
    a.tradeCount !== b.tradeCount
  );
}
