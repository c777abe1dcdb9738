import { randomUUID } from 'node:crypto';
import type { Config } from '@tickwright/config';
import { FeedSender, loadFeedKeys } from '@tickwright/feed';
import type { FeedSenderCounts, FeedStatus } from '@tickwright/feed';
import { INTERVALS } from '@tickwright/market';
import type { CandleColumns, Interval } from '@tickwright/market';
import type { Clock, Log, Service } from '@tickwright/runtime';
import type { Core } from '../core.ts';
import { FeedMemory } from './feed-memory.ts';
import { FeedPump } from './feed-pump.ts';
import { feedStatus } from './feed-status.ts';
import { publishedMinutes } from './published-minutes.ts';

type FeedConfig = Extract<Config['feed'], { kind: 'zeromq' }>;

/** The status is sent this often, and sooner when gaps or instruments changed, but not sooner than that. */
const STATUS_MS = 5_000;
const STATUS_MIN_MS = 1_000;
/** That changes of closed candles are on disk is told this often at most; of a closing, at once. */
const DURABLE_MIN_MS = 100;

export interface FeedServiceOptions {
  readonly feed: FeedConfig;
  /** Intervals that are wanted besides the configured ones. */
  readonly alsoIntervals: readonly Interval[];
  readonly core: Core;
  /** Changes with every start of the process; the first epoch. */
  readonly instance: string;
  readonly version: string;
  /** The journal's next offset when it was opened, before this run wrote to it. */
  readonly epochOffset: number;
  readonly clock: Clock;
  readonly log: Log;
}

/** What the feed is doing, read by metrics. */
export interface FeedHealth {
  readonly counts: Readonly<FeedSenderCounts>;
  readonly keptBytes: number;
  readonly keptTopics: number;
  readonly epochs: number;
}

/**
 * Sends candles, ticks, gaps and status while the ingestor runs. Errors of its start: FeedAddressTakenError (exit 5),
 * FeedAddressError and FeedKeysError (3).
 */
export class FeedService implements Service {
  readonly name = 'feed';
  readonly #options: FeedServiceOptions;
  readonly #intervals: readonly Interval[];
  #memory: FeedMemory;
  #sender: FeedSender | undefined;
  #pump: FeedPump | undefined;
  #epochs = 0;
  #isLive = false;
  #needsAll = false;
  #failure: { readonly error: unknown } | undefined;
  #statusMark = '';
  #statusMs = -Infinity;
  #durableMs = -Infinity;
  #isTelling = false;
  #mustTell = false;

  constructor(options: FeedServiceOptions) {
    this.#options = options;
    const wanted = new Set<Interval>([...options.feed.intervals, ...options.alsoIntervals]);
    this.#intervals = INTERVALS.filter((interval) => wanted.has(interval));
    this.#memory = this.#emptyMemory();
  }

  /** Undefined before its start and after its end. */
  get health(): FeedHealth | undefined {
    if (this.#sender === undefined) return undefined;
    const { counts, kept } = this.#sender;
    return { counts, keptBytes: kept.bytes, keptTopics: kept.topics, epochs: this.#epochs };
  }

  get addresses(): { readonly publish: string; readonly snapshot: string } | undefined {
    return this.#sender?.addresses;
  }

  async start(): Promise<void> {
    const { feed, core, instance, clock, log } = this.#options;
    const { publish, snapshot, allowedKeys, replayBytes, highWaterMark } = feed;
    const keys = await loadFeedKeys(feed);
    const { isLive } = core.pipeline;
    const published = isLive ? await publishedMinutes(core.candleFiles, feed.historyMinutes) : [];
    const source = {
      topics: () => this.#memory.topics(),
      state: (topic: string, history: number) => this.#memory.state(topic, history),
    };
    this.#epochs += 1;
    this.#sender = await FeedSender.bind({
      publish,
      snapshot,
      // A service that was restarted within its process has told things under the process's id before.
      ...this.#epoch(instance),
      ...(keys === undefined ? {} : { keys }),
      ...(allowedKeys === undefined ? {} : { allowedKeys }),
      source,
      offsets: () => ({ offset: core.pipeline.nextOffset, durableOffset: core.journal.durableOffset }),
      limits: { totalBytes: replayBytes, highWaterMark },
      clock,
      log,
    });
    if (isLive) this.#takeUp(published);
    log.info({ ...this.#sender.addresses, intervals: this.#intervals }, 'sending the feed');
  }

  async run(signal: AbortSignal): Promise<void> {
    const { clock, feed } = this.#options;
    try {
      while (!signal.aborted) {
        const { isLive } = this.#options.core.pipeline;
        if (this.#failure !== undefined) throw this.#failure.error;
        if (isLive && (!this.#isLive || this.#needsAll)) await this.#beginAnew();
        this.#pump?.flush();
        this.#sendStatus();
        await clock.sleep(feed.formingIntervalMs, signal).catch(() => undefined);
      }
      this.#pump?.flush();
    } finally {
      await this.#end();
    }
  }

  /** Everything anew, for those who receive already: the fold has come up, or more has changed than can be followed. */
  async #beginAnew(): Promise<void> {
    const { core, feed, log, epochOffset } = this.#options;
    if (this.#isLive) log.warn({}, 'more candles changed at once than the feed can follow: it begins anew');
    this.#stopPump();
    const published = await publishedMinutes(core.candleFiles, feed.historyMinutes);
    const offset = this.#isLive ? core.pipeline.nextOffset : epochOffset;
    this.#takeUp(published);
    this.#epochs += 1;
    this.#sender?.renew({ epoch: randomUUID(), epochOffset: offset });
  }

  /** Takes up what is known, in one step, and follows what happens from here on. */
  #takeUp(published: readonly CandleColumns[]): void {
    const memory = this.#emptyMemory();
    memory.begin(published);
    this.#memory = memory;
    this.#isLive = true;
    this.#needsAll = false;
    this.#startPump();
  }

  #startPump(): void {
    const { core, feed, clock } = this.#options;
    if (this.#sender === undefined) return;
    const { ticks: hasTicks, batchMs, formingIntervalMs } = feed;
    this.#pump = new FeedPump({
      sender: this.#sender,
      memory: this.#memory,
      instruments: core.instruments,
      hasTicks,
      batchMs,
      formingIntervalMs,
      clock,
      later: (ms, call) => {
        const timer = setTimeout(call, ms);
        return () => clearTimeout(timer);
      },
      onUrgent: (urgency) => {
        const told = urgency === 'closed' ? this.#tellDurable() : this.#tellDurableSoon();
        told.catch(() => undefined);
      },
      onOverflow: () => {
        this.#needsAll = true;
      },
      onFailure: (error) => {
        this.#stopPump();
        this.#failure ??= { error };
      },
    });
    core.pipeline.listen(this.#pump);
  }

  #stopPump(): void {
    this.#options.core.pipeline.listen(undefined);
    this.#pump?.stop();
    this.#pump = undefined;
  }

  async #end(): Promise<void> {
    this.#stopPump();
    this.#failure = undefined;
    this.#isLive = false;
    await this.#sender?.[Symbol.asyncDispose]();
    this.#sender = undefined;
  }

  /**
   * Receivers act on a closing once it is on disk, and learn that from the message after it: in a quiet market that was the
   * next heartbeat.
   */
  async #tellDurable(): Promise<void> {
    // The frame whose fold we are in has been appended, and counts. The next sync could be 20 ms away.
    await this.#options.core.journal.sync();
    this.#durableMs = this.#options.clock.monotonicMs();
    this.#sender?.sendStatus(this.#status());
  }

  /** Late ticks may come in a stream. */
  async #tellDurableSoon(): Promise<void> {
    this.#mustTell = true;
    if (this.#isTelling) return;
    const { clock } = this.#options;
    this.#isTelling = true;
    try {
      while (this.#mustTell) {
        await clock.sleep(Math.max(0, this.#durableMs + DURABLE_MIN_MS - clock.monotonicMs()));
        this.#mustTell = false;
        await this.#tellDurable();
      }
    } finally {
      this.#isTelling = false;
    }
  }

  #sendStatus(): void {
    const nowMs = this.#options.clock.monotonicMs();
    const { instruments, pipeline } = this.#options.core;
    const mark = `${instruments.size} ${pipeline.gaps.changes}`;
    if (nowMs - this.#statusMs < (mark === this.#statusMark ? STATUS_MS : STATUS_MIN_MS)) return;
    this.#statusMark = mark;
    this.#statusMs = nowMs;
    this.#sender?.sendStatus(this.#status());
  }

  #emptyMemory(): FeedMemory {
    const { core, feed } = this.#options;
    return new FeedMemory({
      pipeline: core.pipeline,
      instruments: core.instruments,
      intervals: this.#intervals,
      historyMinutes: feed.historyMinutes,
      hasTicks: feed.ticks,
      status: () => this.#status(),
    });
  }

  #status(): FeedStatus {
    const { core, version } = this.#options;
    return feedStatus({ core, version, intervals: this.#intervals });
  }

  #epoch(instance: string): { epoch: string; epochOffset: number } {
    const { epochOffset } = this.#options;
    return { epoch: this.#epochs === 1 ? instance : randomUUID(), epochOffset };
  }
}

/** The service that the configuration asks for. */
export function configuredFeed(
  config: Config,
  parts: Omit<FeedServiceOptions, 'feed' | 'alsoIntervals'>,
): FeedService | undefined {
  const { feed, runner } = config;
  if (feed.kind === 'none') return undefined;
  const alsoIntervals = runner.strategies.flatMap(({ interval }) => interval ?? []);
  return new FeedService({ ...parts, feed, alsoIntervals });
}
