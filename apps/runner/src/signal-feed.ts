import { randomUUID } from 'node:crypto';
import type { Config } from '@tickwright/config';
import { FeedSender, loadFeedKeys, topics } from '@tickwright/feed';
import type { FeedSenderCounts, FeedSignal, FeedStatus } from '@tickwright/feed';
import type { Instrument } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import type { EngineConfig, Signal } from '@tickwright/trading';

const STATUS_MS = 5_000;

type SignalFeedSettings = NonNullable<Config['runner']['signals']>;

export interface SignalFeedOptions {
  readonly plan: EngineConfig;
  readonly instruments: () => readonly Instrument[];
  /** Number of the newest event stored: where the sender's other kind of journal, the ledger, stands. */
  readonly lastSeq: () => number;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * The feed that the configuration asks for. Errors: FeedAddressTakenError (exit 5), FeedAddressError and FeedKeysError (3).
 */
export async function openSignalFeed(
  settings: SignalFeedSettings | undefined,
  options: SignalFeedOptions,
): Promise<SignalFeed | undefined> {
  return settings === undefined ? undefined : await SignalFeed.open(settings, options);
}

/**
 * Sends signals to other processes once they are stored: topic `signal/<strategy>/`, numbered, with heartbeats, and asked
 * for again where they were lost. At most once over a crash between storing and sending: `/api/v1/signals` has all.
 */
export class SignalFeed implements AsyncDisposable {
  readonly #sender: FeedSender;
  readonly #timer: NodeJS.Timeout;

  static async open(settings: SignalFeedSettings, options: SignalFeedOptions): Promise<SignalFeed> {
    const { clock, log, lastSeq } = options;
    const { publish, snapshot, allowedKeys } = settings;
    const keys = await loadFeedKeys(settings);
    const sender = await FeedSender.bind({
      publish,
      snapshot,
      epoch: randomUUID(),
      ...(keys === undefined ? {} : { keys }),
      ...(allowedKeys === undefined ? {} : { allowedKeys }),
      source: {
        topics: () => [topics.status, ...options.plan.strategies.map(({ id }) => topics.signal(id))],
        // A signal is something that happened: to a late joiner an old one would look like news.
        state: (topic) =>
          topic === topics.status ? { kind: 'status', status: statusOf(options) } : undefined,
      },
      // What is sent is stored already.
      offsets: () => ({ offset: lastSeq(), durableOffset: lastSeq() }),
      clock,
      log,
    });
    log.info({ ...sender.addresses }, 'sending signals on a feed');
    return new SignalFeed(options, sender);
  }

  private constructor(options: SignalFeedOptions, sender: FeedSender) {
    this.#sender = sender;
    this.#timer = setInterval(() => sender.sendStatus(statusOf(options)), STATUS_MS);
  }

  get addresses(): { readonly publish: string; readonly snapshot: string } {
    return this.#sender.addresses;
  }

  get health(): {
    readonly counts: Readonly<FeedSenderCounts>;
    readonly keptBytes: number;
    readonly keptTopics: number;
  } {
    const { counts, kept } = this.#sender;
    return { counts, keptBytes: kept.bytes, keptTopics: kept.topics };
  }

  /** Never waits. */
  send(signal: Signal): void {
    this.#sender.sendSignal(feedSignal(signal));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    clearInterval(this.#timer);
    await this.#sender[Symbol.asyncDispose]();
  }
}

/** Numbers begin anew with a new ledger: the time makes the id unique for ever. */
function feedSignal(signal: Signal): FeedSignal {
  const { id, strategy, instrument, interval, direction, confidence, timeMicros, candleOpenMicros } = signal;
  const { reason, price, candleCloseMicros, candleVersion, outcome, note, orderIds, seq } = signal;
  return {
    id: `${id}-${timeMicros}`,
    strategy,
    instrument,
    interval,
    direction,
    confidence,
    timeMicros,
    candleOpenMicros,
    details: { signal: id, seq, reason, price, candleCloseMicros, candleVersion, outcome, note, orderIds },
  };
}

function statusOf({ plan, instruments, version }: SignalFeedOptions): FeedStatus {
  return {
    sender: 'runner',
    version,
    intervals: [...new Set(plan.strategies.map(({ interval }) => interval))],
    instruments: instruments().map(({ key, venueSymbol, priceDecimals, quantityDecimals, calendar }) => ({
      key,
      venueSymbol,
      priceDecimals,
      quantityDecimals,
      calendar,
    })),
    // It sends no candles, so that it has nothing to say of how far they are closed.
    segments: {},
  };
}
