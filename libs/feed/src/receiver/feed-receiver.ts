import type { Dealer, Subscriber } from 'zeromq';
import { sampledLog } from '@tickwright/runtime';
import type { SampledLog } from '@tickwright/runtime';
import { FeedVersionError } from '../feed-errors.ts';
import type { FeedEvent } from '../feed-event.ts';
import { topics } from '../topic.ts';
import { encodeQuestion } from '../wire/dialogue.ts';
import type { Question } from '../wire/dialogue.ts';
import { PROTOCOL_VERSION, epochBytes, preambleOf, stampMessage } from '../wire/header.ts';
import { EventQueue } from './event-queue.ts';
import { FeedSync } from './feed-sync.ts';
import type { FeedReceiverCounts, FeedReceiverHealth, FeedReceiverOptions } from './receiver-options.ts';
import { openReceiverSockets } from './receiver-sockets.ts';
import type { ReceiverSockets } from './receiver-sockets.ts';

const STALE_AFTER_MS = 3_000;
const LOOK_MS = 100;
const MAX_WAITING = { events: 16_384, bytes: 64 * 1_048_576 };
const NO_EPOCH = '00000000-0000-0000-0000-000000000000';

/**
 * Receives a feed: an async iterable of what happens, whole and in order, whatever is lost or starts anew on the way.
 * One reader; leaving its loop closes. A sender that is not there is waited for, for ever.
 */
export class FeedReceiver implements AsyncIterable<FeedEvent, undefined>, AsyncDisposable {
  readonly counts: FeedReceiverCounts = {
    messages: 0,
    bytes: 0,
    ticks: 0,
    candles: 0,
    duplicates: 0,
    early: 0,
    lost: 0,
    replayed: 0,
    missed: 0,
    topicSnapshots: 0,
    resyncs: 0,
    outdated: 0,
    malformed: 0,
    overrun: 0,
    unanswered: 0,
    stale: 0,
    heartbeats: 0,
  };
  readonly #options: FeedReceiverOptions;
  readonly #subscriber: Subscriber;
  readonly #dealer: Dealer;
  readonly #queue: EventQueue;
  readonly #sync: FeedSync;
  readonly #log: SampledLog;
  readonly #closing = new AbortController();
  readonly #startedMs: number;
  readonly #admission: ReceiverSockets['admission'];
  readonly #loops: Promise<unknown>[];
  #lastHeardMs: number | undefined;
  #lastHeardMicros: number | undefined;
  #isStale = false;

  /**
   * Begins to receive. Errors: FeedAddressError (an address that is none, or beyond loopback without keys), FeedKeysError.
   * The iteration rejects with a FeedVersionError when the sender speaks another version of the protocol.
   */
  static connect(options: FeedReceiverOptions): FeedReceiver {
    return new FeedReceiver(options, openReceiverSockets(options));
  }

  private constructor(options: FeedReceiverOptions, sockets: ReceiverSockets) {
    const { clock, signal, maxWaiting = MAX_WAITING, history = 1 } = options;
    this.#options = options;
    this.#subscriber = sockets.subscriber;
    this.#dealer = sockets.dealer;
    this.#admission = sockets.admission;
    this.#startedMs = clock.monotonicMs();
    this.#log = sampledLog(options.log, { perKey: 3, windowMs: 60_000, clock });
    this.#queue = new EventQueue({ max: maxWaiting, onRoom: () => this.#sync.next() });
    this.#sync = new FeedSync({
      prefixes: options.topics,
      history,
      counts: this.counts,
      monotonicMs: () => clock.monotonicMs(),
      emit: (event, bytes) => this.#queue.write(event, bytes),
      ask: (question) => this.#ask(question),
      hasRoom: () => this.#queue.hasRoom,
    });
    signal?.addEventListener('abort', this.#close, { once: true });
    if (signal?.aborted === true) this.#close();
    this.#loops = [this.#listen(), this.#hearAnswers(), this.#look()];
  }

  health(): FeedReceiverHealth {
    return {
      state: this.#state(),
      refused: this.#admission.subscriber.refused,
      epoch: this.#sync.epoch,
      lastHeardMs: this.#lastHeardMs,
      offset: this.#sync.offset,
      durableOffset: this.#sync.durableOffset,
      waiting: this.#queue.depth,
    };
  }

  [Symbol.asyncIterator](): AsyncIterator<FeedEvent, undefined> {
    const { next } = this.#queue.read();
    const end = async (): Promise<IteratorResult<FeedEvent, undefined>> => {
      await this[Symbol.asyncDispose]();
      return { done: true, value: undefined };
    };
    return { next, return: end };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
    await Promise.all(this.#loops);
  }

  readonly #close = (): void => {
    if (this.#closing.signal.aborted) return;
    this.#closing.abort();
    this.#options.signal?.removeEventListener('abort', this.#close);
    this.#subscriber.close();
    this.#dealer.close();
    this.#queue.finish();
  };

  #fail(error: unknown): void {
    this.#queue.fail(error);
    this.#close();
  }

  #state(): FeedReceiverHealth['state'] {
    if (this.#closing.signal.aborted) return 'closed';
    if (this.#isStale) return 'stale';
    if (this.#lastHeardMs === undefined) return 'connecting';
    return this.#sync.isLive ? 'live' : 'syncing';
  }

  #ask(question: Question): void {
    if (this.#closing.signal.aborted) return;
    const message = encodeQuestion(question);
    const sendMicros = this.#options.clock.nowMicros();
    const epoch = epochBytes(this.#sync.epoch ?? NO_EPOCH);
    stampMessage(message, { epoch, sequence: 0, offset: 0, durableOffset: 0, sendMicros, isSnapshot: false });
    this.#dealer.send(message).then(undefined, () => this.#sync.refused());
  }

  async #listen(): Promise<void> {
    await this.#receive(this.#subscriber, ([topic, message]) => {
      if (topic === undefined || message === undefined) return;
      this.counts.messages += 1;
      this.counts.bytes += message.length;
      if (!this.#canRead(message, this.#options.publish)) return;
      this.#heard();
      const name = topic.toString();
      // The consumer does not keep up: as good as lost on the way, and fetched again as if it were.
      if (this.#queue.isFull && name !== topics.heartbeat) this.counts.overrun += 1;
      else this.#sync.message(name, message);
    });
  }

  async #hearAnswers(): Promise<void> {
    await this.#receive(this.#dealer, (parts) => {
      const [head] = parts;
      if (head !== undefined && this.#canRead(head, this.#options.snapshot)) this.#sync.answer(parts);
    });
  }

  async #receive(socket: Subscriber | Dealer, take: (parts: Buffer[]) => void): Promise<void> {
    while (!this.#closing.signal.aborted) {
      let parts: Buffer[];
      try {
        parts = await socket.receive();
      } catch (error) {
        if (!this.#closing.signal.aborted) this.#fail(error);
        return;
      }
      try {
        take(parts);
      } catch (error) {
        this.counts.malformed += 1;
        const fields = { error: String(error) };
        this.#log.warn({ key: 'malformed', fields, message: 'a message of the feed could not be read' });
      }
    }
  }

  #canRead(message: Buffer, address: string): boolean {
    const preamble = preambleOf(message);
    if (preamble === 'unknown') {
      this.counts.malformed += 1;
      return false;
    }
    if (preamble.protocol === PROTOCOL_VERSION) return true;
    this.#fail(new FeedVersionError(PROTOCOL_VERSION, preamble.protocol, address));
    return false;
  }

  #heard(): void {
    const { clock } = this.#options;
    const nowMs = clock.monotonicMs();
    if (this.#isStale) {
      this.#isStale = false;
      this.#queue.write({ type: 'fresh', staleMs: nowMs - (this.#lastHeardMs ?? this.#startedMs) }, 0);
    }
    this.#lastHeardMs = nowMs;
    this.#lastHeardMicros = clock.nowMicros();
  }

  /** Looks now and then: whether the sender is still heard, and whether a question waits for its answer too long. */
  async #look(): Promise<void> {
    const { clock, staleAfterMs = STALE_AFTER_MS } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      const silentMs = clock.monotonicMs() - (this.#lastHeardMs ?? this.#startedMs);
      if (!this.#isStale && silentMs >= staleAfterMs) {
        this.#isStale = true;
        this.counts.stale += 1;
        this.#queue.write({ type: 'stale', lastHeardMicros: this.#lastHeardMicros }, 0);
      }
      this.#admission.subscriber.retry();
      this.#admission.dealer.retry();
      this.#sync.next();
      await clock.sleep(LOOK_MS, signal).catch(() => undefined);
    }
  }
}
