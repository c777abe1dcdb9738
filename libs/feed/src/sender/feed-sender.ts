import { Context, Publisher, Router } from 'zeromq';
import type { Gap, InstrumentKey, InstrumentTable, Interval, TickBatch } from '@tickwright/market';
import { sampledLog } from '@tickwright/runtime';
import type { SampledLog } from '@tickwright/runtime';
import { bindSocket } from '../bound-socket.ts';
import { senderCurve } from '../curve.ts';
import { requireProtected } from '../feed-address.ts';
import type { FeedCandle, FeedSignal, FeedStatus } from '../feed-event.ts';
import { Gatekeeper } from './gatekeeper.ts';
import type { FeedSenderCounts, FeedSenderOptions } from './sender-options.ts';
import { Sending, senderCounts } from './sending.ts';

const HIGH_WATER_MARK = 10_000;
const HEARTBEAT_MS = 1_000;
/** After the end of a sender, what is on its way may take this long to leave. */
const LINGER_MS = 250;
const QUESTION_BYTES_MAX = 16 * 1_048_576;

interface Sockets {
  readonly publisher: Publisher;
  readonly router: Router;
  readonly gatekeeper: Gatekeeper | undefined;
}

/**
 * Sends the feed: publishes, and answers questions for what was lost. `send…` never waits: a slow subscriber costs the
 * messages of ZeroMQ's high-water mark, which then drops; it notices by the sequences and asks.
 */
export class FeedSender implements AsyncDisposable {
  /** With the real ports. */
  readonly addresses: { readonly publish: string; readonly snapshot: string };
  readonly #options: FeedSenderOptions;
  readonly #sockets: Sockets;
  #sending: Sending;
  readonly #log: SampledLog;
  readonly #closing = new AbortController();
  readonly #loops: Promise<unknown>[];

  /**
   * Errors: FeedAddressTakenError (exit 5), FeedAddressError (3; also for an address beyond loopback without keys),
   * FeedKeysError (3).
   */
  static async bind(options: FeedSenderOptions): Promise<FeedSender> {
    for (const address of [options.publish, options.snapshot]) requireProtected(address, options.keys);
    const sockets = await openSockets(options);
    try {
      const publish = await bindSocket(sockets.publisher, options.publish);
      const snapshot = await bindSocket(sockets.router, options.snapshot);
      return new FeedSender(options, sockets, { publish, snapshot });
    } catch (error) {
      closeSockets(sockets);
      throw error;
    }
  }

  private constructor(
    options: FeedSenderOptions,
    sockets: Sockets,
    addresses: { readonly publish: string; readonly snapshot: string },
  ) {
    this.#options = options;
    this.#sockets = sockets;
    this.addresses = addresses;
    this.#log = sampledLog(options.log, { perKey: 3, windowMs: 60_000, clock: options.clock });
    this.#sending = new Sending({ ...options, counts: senderCounts(), publish: this.#publish });
    this.#loops = [this.#beat(), this.#answer()];
  }

  get counts(): Readonly<FeedSenderCounts> {
    return this.#sending.counts;
  }

  /** Bytes and topics that are kept to be sent again. */
  get kept(): { readonly bytes: number; readonly topics: number } {
    return this.#sending.kept;
  }

  /** Hot path: one message an instrument of the batch (or several, past 512 ticks). The batch may be reused afterwards. */
  sendTicks(batch: TickBatch, instruments: InstrumentTable): void {
    this.#sending.sendTicks(batch, instruments);
  }

  /** Candles of one topic that changed at once, sorted by open time; one message. */
  sendCandles(interval: Interval, instrument: InstrumentKey, candles: readonly FeedCandle[]): void {
    this.#sending.sendCandles(interval, instrument, candles);
  }

  /** Gaps of one instrument that changed. */
  sendGaps(instrument: InstrumentKey, gaps: readonly Gap[]): void {
    this.#sending.sendGaps(instrument, gaps);
  }

  sendSignal(signal: FeedSignal): void {
    this.#sending.sendSignal(signal);
  }

  sendStatus(status: FeedStatus): void {
    this.#sending.sendStatus(status);
  }

  /** Begins a new epoch on the same addresses: receivers throw away what they have and ask for everything. */
  renew(epoch: { readonly epoch: string; readonly epochOffset: number }): void {
    const { counts } = this.#sending;
    this.#sending = new Sending({ ...this.#options, ...epoch, counts, publish: this.#publish });
    this.#sending.sendHeartbeat();
  }

  /** Ends it: nothing more is sent or answered; what is on its way has a moment to leave. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#sending.sendHeartbeat();
    this.#closing.abort();
    closeSockets(this.#sockets);
    await Promise.all(this.#loops);
  }

  /** With a send time-out of 0 the library sends at once or refuses at once; PUB refuses nobody, it drops. */
  readonly #publish = (topic: Buffer, message: Buffer): void => {
    if (this.#closing.signal.aborted) return;
    this.#sockets.publisher.send([topic, message]).then(undefined, this.#onRefused);
  };

  readonly #onRefused = (error: unknown): void => {
    this.#sending.counts.refused += 1;
    const fields = { error: String(error) };
    this.#log.warn({ key: 'refused', fields, message: 'the feed could not send a message' });
  };

  async #beat(): Promise<void> {
    const { clock, heartbeatMs = HEARTBEAT_MS } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#sending.sendHeartbeat();
      await clock.sleep(heartbeatMs, signal).catch(() => undefined);
    }
  }

  async #answer(): Promise<void> {
    const { router } = this.#sockets;
    for (;;) {
      let asked: Buffer[];
      try {
        asked = await router.receive();
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        throw error;
      }
      const [from, question] = asked;
      // Closed between the question and now: a closed socket throws instead of refusing.
      if (this.#closing.signal.aborted) return;
      if (from === undefined || question === undefined) continue;
      router.send([from, ...this.#sending.answerTo(question)]).then(undefined, this.#onRefused);
    }
  }
}

async function openSockets({ keys, allowedKeys, limits }: FeedSenderOptions): Promise<Sockets> {
  const isGuarded = keys !== undefined && allowedKeys !== undefined;
  // Who may come in is asked at one place a context, so that a guarded sender has its own.
  const own = isGuarded ? { context: new Context() } : {};
  // Who has the sender's own pair is its owner: a runner on the same machine receives with it.
  const ownKey = keys?.pair === undefined ? [] : [keys.pair.publicKey];
  const gatekeeper = isGuarded
    ? await Gatekeeper.open({ ...own, allowedKeys: [...allowedKeys, ...ownKey] })
    : undefined;
  try {
    const common = { ...own, ...senderCurve(keys, gatekeeper?.domain), linger: LINGER_MS, sendTimeout: 0 };
    const sendHighWaterMark = limits?.highWaterMark ?? HIGH_WATER_MARK;
    const publisher = new Publisher({ ...common, sendHighWaterMark });
    const router = new Router({ ...common, maxMessageSize: QUESTION_BYTES_MAX, handover: true });
    return { publisher, router, gatekeeper };
  } catch (error) {
    gatekeeper?.close();
    throw error;
  }
}

function closeSockets({ publisher, router, gatekeeper }: Sockets): void {
  publisher.close();
  router.close();
  gatekeeper?.close();
}
