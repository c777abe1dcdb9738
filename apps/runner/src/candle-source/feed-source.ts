import { FeedReceiver, topics } from '@tickwright/feed';
import type { FeedCandle, FeedEvent, FeedKeys, FeedReceiverHealth } from '@tickwright/feed';
import type { InstrumentKey, Interval } from '@tickwright/market';
import { BoundedQueue } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import type { Candle } from '@tickwright/store';
import type { CandleFold } from './candle-fold.ts';
import { DurableQueue } from './durable-queue.ts';
import { LiveTrades } from './feed-ticks.ts';
import type { FilesSource } from './files-source.ts';
import type { GapTracker } from './gap-tracker.ts';
import type { CandleSource, SourceEvent, SourceHealth } from './source-event.ts';

/** Newest candles of each stream that the feed tells first: the files have the rest. */
const HISTORY = 10;
const WAITING_MAX = 1_024;
/** Events that are handed on together at most. */
const TOGETHER_MAX = 4_096;
/** Events that wait to become durable. */
const PENDING_MAX = 50_000;
/** While more has been received already, what is durable waits for it so long: a closing is a message an instrument. */
const GATHER_MS = 50;
/** What is received is looked at again this often, since it may have become durable without a message. */
const DURABLE_LOOK_MS = 20;

export interface FeedSourceOptions {
  readonly address: { readonly publish: string; readonly snapshot: string };
  /** The feed is away when nothing was heard of it for so long. The receiver's default. */
  readonly staleAfterMs?: number;
  /** For a sender that asks for keys. */
  readonly keys?: FeedKeys;
  readonly fold: CandleFold;
  readonly tracker: GapTracker;
  /** Warms up, and tells while the feed is away. Its `isNeeded` asks this source. */
  readonly files: FilesSource;
  readonly streams: readonly { readonly instrument: InstrumentKey; readonly interval: Interval }[];
  /** Whether the engine wants the trades of an instrument now. */
  readonly wantsTicks: (instrument: InstrumentKey) => boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The feed as a candle source, over the files: history and whatever the feed cannot tell come from them. Both look into
 * one fold, so that nothing is missing or double when it changes from the one to the other and back. What is received is
 * told once it is durable at the sender: what a crash of it takes back was never consumed.
 */
export class FeedSource implements CandleSource {
  readonly #options: FeedSourceOptions;
  #isLive = false;
  /** What was said last of who tells. */
  #saidLive: boolean | undefined;
  #receiver: FeedReceiver | undefined;
  readonly #trades: LiveTrades;

  constructor(options: FeedSourceOptions) {
    this.#options = options;
    this.#trades = new LiveTrades(options.wantsTicks);
  }

  get health(): SourceHealth {
    const { health } = this.#options.files;
    // The files tell, but not what they are there for: orders wait until the feed is back.
    if (!this.#isLive) return { ...health, reason: health.reason || (this.refused ?? '') };
    return {
      ...health,
      origin: 'feed',
      state: 'live',
      reason: '',
      publishedMs: this.#options.clock.nowMicros() / 1_000,
    };
  }

  /** Whether the feed tells: then the files need not. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** Why the feed does not let this runner in, and what to do about it; undefined when it does, or nobody is there. */
  get refused(): string | undefined {
    return this.#receiver?.health().refused;
  }

  /** Undefined before it is connected. */
  get receiver(): FeedReceiver | undefined {
    return this.#receiver;
  }

  get feed(): { readonly health: FeedReceiverHealth; readonly counts: FeedReceiver['counts'] } | undefined {
    const receiver = this.#receiver;
    return receiver && { health: receiver.health(), counts: receiver.counts };
  }

  async *events(signal: AbortSignal): AsyncGenerator<readonly SourceEvent[]> {
    const ended = new AbortController();
    const stop = AbortSignal.any([signal, ended.signal]);
    const queue = new BoundedQueue<readonly SourceEvent[]>({ capacity: WAITING_MAX, whenFull: 'wait' });
    const loops = [this.#files(queue, stop), this.#feed(queue, stop)].map((loop) =>
      loop.catch((error: unknown) => queue.fail(error)),
    );
    stop.addEventListener('abort', () => queue.finish(), { once: true });
    const reading = queue[Symbol.asyncIterator]();
    try {
      for (;;) {
        const first = await reading.next();
        if (first.done === true) return;
        // What came while the last was stored goes into one transaction: at a closing every instrument has a message.
        const together = [...first.value];
        while (queue.depth > 0 && together.length < TOGETHER_MAX)
          together.push(...((await reading.next()).value ?? []));
        yield together;
        if (signal.aborted) return;
      }
    } finally {
      ended.abort();
      await reading.return?.();
      await Promise.all(loops);
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#options.files[Symbol.asyncDispose]();
  }

  async #files(queue: BoundedQueue<readonly SourceEvent[]>, signal: AbortSignal): Promise<void> {
    for await (const events of this.#options.files.events(signal)) {
      if (signal.aborted) return;
      await queue.write(events);
    }
  }

  async #feed(queue: BoundedQueue<readonly SourceEvent[]>, signal: AbortSignal): Promise<void> {
    const { address, keys, staleAfterMs, streams, fold, clock, log } = this.#options;
    const instruments = [...new Set(streams.map(({ instrument }) => instrument))];
    await using receiver = FeedReceiver.connect({
      ...address,
      ...(keys === undefined ? {} : { keys }),
      ...(staleAfterMs === undefined ? {} : { staleAfterMs }),
      topics: [
        ...streams.map(({ instrument, interval }) => topics.candle(interval, instrument)),
        ...instruments.flatMap((instrument) => [topics.tick(instrument), topics.gap(instrument)]),
      ],
      history: HISTORY,
      clock,
      log,
      signal,
    });
    this.#receiver = receiver;
    const pending = new DurableQueue();
    let releasedMs = clock.monotonicMs();
    const release = async (): Promise<void> => {
      // The files tell the begin: without it nothing is known of what was consumed before.
      if (!fold.hasBegun || signal.aborted) return;
      const { waiting, durableOffset } = receiver.health();
      const nowMs = clock.monotonicMs();
      if (waiting > 0 && nowMs - releasedMs < GATHER_MS) return;
      releasedMs = nowMs;
      const events = pending.take(durableOffset).flatMap((told) => told());
      if (events.length > 0) await queue.write(events);
    };
    const look = setInterval(() => void release().catch(() => undefined), DURABLE_LOOK_MS);
    try {
      for await (const event of receiver) {
        if (event.type === 'live' || event.type === 'fresh') await this.#switch(true, queue);
        else if (event.type === 'stale') await this.#switch(false, queue);
        if (event.type === 'resync') pending.clear();
        const held = this.#told(event);
        if (held !== undefined) pending.add(held);
        if (pending.size > PENDING_MAX) {
          // The sender's disk takes nothing. The files have all of it once it does.
          pending.clear();
          await this.#switch(false, queue);
        }
        if ('durableOffset' in event) await release();
      }
    } finally {
      clearInterval(look);
      this.#isLive = false;
    }
  }

  /** Tells when the feed takes over from the files, and when they do. */
  async #switch(isLive: boolean, queue: BoundedQueue<readonly SourceEvent[]>): Promise<void> {
    const { log, fold } = this.#options;
    if (isLive === this.#isLive && isLive === this.#saidLive) return;
    this.#saidLive = isLive;
    this.#isLive = isLive;
    if (isLive) log.info({}, 'candles come from the feed');
    else log.warn({}, 'the feed is away: candles come from the files');
    if (isLive && fold.hasBegun)
      await queue.write([{ type: 'freshness', isStale: false, reason: 'candles come from the feed' }]);
  }

  /** What an event tells, with the offset that must be durable first; undefined: nothing. */
  #told(event: FeedEvent): { readonly offset: number; readonly tell: () => SourceEvent[] } | undefined {
    const { fold, tracker } = this.#options;
    switch (event.type) {
      case 'candles': {
        const { instrument, interval } = event;
        const offset = Math.max(0, ...event.candles.map(({ version }) => version + 1));
        const candles = event.candles.map((candle) => candleOf(instrument, candle));
        return { offset, tell: () => fold.take(new Map([[interval, candles]]), {}) };
      }
      case 'ticks':
        return { offset: event.offset, tell: () => this.#trades.of(event.instrument, event.ticks) };
      case 'gaps':
        return {
          offset: event.offset,
          tell: () =>
            event.isSnapshot ? tracker.takeAll(event.gaps, event.instrument) : tracker.take(event.gaps),
        };
      case 'status': {
        const marks = Object.entries(event.status.segments).filter(
          ([, { watermarkMicros }]) => watermarkMicros > 0,
        );
        const watermarks = Object.fromEntries(
          marks.map(([segment, { watermarkMicros }]) => [segment, watermarkMicros]),
        );
        return { offset: event.offset, tell: () => fold.take(new Map(), watermarks) };
      }
      case 'gone':
        // As where the files tell: a candle that is in no file any more was consumed, and strategies begin without it.
        return undefined;
      default:
        return undefined;
    }
  }
}

function candleOf(instrument: InstrumentKey, candle: FeedCandle): Candle {
  const { openMicros: openTime, closeMicros: closeTime, ...rest } = candle;
  return { instrument, openTime, closeTime, ...rest };
}
