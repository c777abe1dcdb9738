import { Context, Publisher, Router } from 'zeromq';
import type { Gap, InstrumentKey, InstrumentTable, Interval, TickBatch } from '@tickwright/market';
import { sampledLog } from '@tickwright/runtime';
import type { SampledLog } from '@tickwright/runtime';
import { bindSocket } from '../bound-socket.ts';
import { senderCurve } from '../curve.ts';
import { requireProtected } from '../feed-address.ts';
import type { FeedCandle, FeedSignal, FeedStatus } from '../feed-event.ts';
import { topics } from '../topic.ts';
import { decodeQuestion, encodeAnswer } from '../wire/dialogue.ts';
import { PROTOCOL_VERSION, PayloadKind, epochBytes, preambleOf, stampMessage } from '../wire/header.ts';
import { encodePacked } from '../wire/packed.ts';
import { encodeTicks } from '../wire/tick-columns.ts';
import { Answering } from './answering.ts';
import { Gatekeeper } from './gatekeeper.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import type { SentTopic } from './replay-buffer.ts';
import type { FeedSenderCounts, FeedSenderOptions, TopicState } from './sender-options.ts';
import { TickSorter } from './tick-sorter.ts';
import { encodeState } from './topic-state.ts';

const HIGH_WATER_MARK = 10_000;
const HEARTBEAT_MS = 1_000;
/** A topic stands in this many heartbeats after it was last sent on; a receiver that misses more of them asks. */
export const HEARTBEATS_A_CHANGE = 3;
/** After the end of a sender, what is on its way may take this long to leave. */
const LINGER_MS = 250;
const QUESTION_BYTES_MAX = 16 * 1_048_576;

/**
 * Sends the feed: publishes, and answers questions for what was lost. `send…` never waits: a slow subscriber costs the
 * messages of ZeroMQ's high-water mark, which then drops; it notices by the sequences and asks.
 */
export class FeedSender implements AsyncDisposable {
  readonly counts: FeedSenderCounts = {
    messages: 0,
    bytes: 0,
    ticks: 0,
    candles: 0,
    gaps: 0,
    signals: 0,
    heartbeats: 0,
    refused: 0,
    forgotten: 0,
    snapshots: 0,
    replays: 0,
    replayed: 0,
    tooOld: 0,
    badQuestions: 0,
  };
  /** With the real ports. */
  readonly addresses: { readonly publish: string; readonly snapshot: string };
  readonly #options: FeedSenderOptions;
  readonly #epoch: Buffer;
  readonly #publisher: Publisher;
  readonly #router: Router;
  readonly #gatekeeper: Gatekeeper | undefined;
  readonly #buffer: ReplayBuffer;
  readonly #answering: Answering;
  readonly #sorter = new TickSorter();
  readonly #heartbeat: SentTopic;
  readonly #log: SampledLog;
  readonly #closing = new AbortController();
  readonly #loops: Promise<unknown>[];
  /** By instrument number of the table that ticks come with. */
  readonly #tickTopics: SentTopic[] = [];
  #beat = 1;

  /**
   * Errors: FeedAddressTakenError (exit 5), FeedAddressError (3; also for an address beyond loopback without keys),
   * FeedKeysError (3).
   */
  static async bind(options: FeedSenderOptions): Promise<FeedSender> {
    const { keys, allowedKeys, limits = {} } = options;
    for (const address of [options.publish, options.snapshot]) requireProtected(address, keys);
    const isGuarded = keys !== undefined && allowedKeys !== undefined;
    // Who may come in is asked of one place a context, so that a guarded sender has its own.
    const guarded = isGuarded ? { context: new Context() } : {};
    const gatekeeper = isGuarded ? await Gatekeeper.open({ ...guarded, allowedKeys }) : undefined;
    const common = { ...guarded, ...senderCurve(keys, gatekeeper?.domain), linger: LINGER_MS, sendTimeout: 0 };
    const sendHighWaterMark = limits.highWaterMark ?? HIGH_WATER_MARK;
    const publisher = new Publisher({ ...common, sendHighWaterMark });
    const router = new Router({ ...common, maxMessageSize: QUESTION_BYTES_MAX, handover: true });
    try {
      const publish = await bindSocket(publisher, options.publish);
      const snapshot = await bindSocket(router, options.snapshot);
      return new FeedSender(options, { publisher, router, gatekeeper, addresses: { publish, snapshot } });
    } catch (error) {
      publisher.close();
      router.close();
      gatekeeper?.close();
      throw error;
    }
  }

  private constructor(
    options: FeedSenderOptions,
    parts: {
      readonly publisher: Publisher;
      readonly router: Router;
      readonly gatekeeper: Gatekeeper | undefined;
      readonly addresses: { readonly publish: string; readonly snapshot: string };
    },
  ) {
    this.#options = options;
    this.#epoch = epochBytes(options.epoch);
    this.#publisher = parts.publisher;
    this.#router = parts.router;
    this.#gatekeeper = parts.gatekeeper;
    this.addresses = parts.addresses;
    this.#buffer = new ReplayBuffer(options.limits);
    this.#log = sampledLog(options.log, { perKey: 3, windowMs: 60_000, clock: options.clock });
    // Not one of the buffer's: heartbeats are not sent again.
    this.#heartbeat = new ReplayBuffer().topic(topics.heartbeat);
    this.#answering = new Answering({
      buffer: this.#buffer,
      source: options.source,
      counts: this.counts,
      stamp: (message, sequence) => this.#stamp(message, { sequence, isSnapshot: true }),
    });
    this.#loops = [this.#beatOn(), this.#answerOn()];
  }

  /** Bytes and topics that are kept to be sent again. */
  get kept(): { readonly bytes: number; readonly topics: number } {
    return { bytes: this.#buffer.bytes, topics: this.#buffer.topicCount };
  }

  /** Hot path: one message an instrument of the batch (or several, past 512 ticks). The batch may be reused afterwards. */
  sendTicks(batch: TickBatch, instruments: InstrumentTable): void {
    if (batch.count === 0) return;
    this.counts.ticks += batch.count;
    this.#sorter.sort(batch, instruments.size, (instrument, rows, span) => {
      const topic = (this.#tickTopics[instrument] ??= this.#buffer.topic(
        topics.tick(instruments.at(instrument).key),
      ));
      this.#send(topic, encodeTicks(batch, rows, span));
    });
  }

  /** Candles of one topic that changed at once, sorted by open time; one message. */
  sendCandles(interval: Interval, instrument: InstrumentKey, candles: readonly FeedCandle[]): void {
    this.counts.candles += candles.length;
    this.#sendState(topics.candle(interval, instrument), { kind: 'candles', candles });
  }

  /** Gaps of one instrument that changed. */
  sendGaps(instrument: InstrumentKey, gaps: readonly Gap[]): void {
    this.counts.gaps += gaps.length;
    this.#sendState(topics.gap(instrument), { kind: 'gaps', gaps });
  }

  sendSignal(signal: FeedSignal): void {
    this.counts.signals += 1;
    this.#sendState(topics.signal(signal.strategy), { kind: 'signal', signal });
  }

  sendStatus(status: FeedStatus): void {
    this.#sendState(topics.status, { kind: 'status', status });
  }

  /** Ends it: nothing more is sent or answered; what is on its way has a moment to leave. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#closing.signal.aborted) return;
    this.#sendHeartbeat();
    this.#closing.abort();
    this.#publisher.close();
    this.#router.close();
    await Promise.all(this.#loops);
    this.#gatekeeper?.close();
  }

  #sendState(name: string, state: TopicState): void {
    this.#send(this.#buffer.topic(name), encodeState(state));
  }

  #send(topic: SentTopic, message: Buffer): void {
    if (this.#closing.signal.aborted) return;
    topic.sequence += 1;
    topic.beat = this.#beat;
    this.#stamp(message, { sequence: topic.sequence, isSnapshot: false });
    this.#buffer.keep(topic, message);
    this.counts.forgotten = this.#buffer.forgotten;
    this.#publish(topic, message);
  }

  /** With a send time-out of 0 the library sends at once or refuses at once; PUB refuses nobody, it drops. */
  #publish(topic: SentTopic, message: Buffer): void {
    this.counts.messages += 1;
    this.counts.bytes += message.length;
    this.#publisher.send([topic.frame, message]).then(undefined, this.#onRefused);
  }

  readonly #onRefused = (error: unknown): void => {
    this.counts.refused += 1;
    this.#log.warn({
      key: 'refused',
      fields: { error: String(error) },
      message: 'the feed could not send a message',
    });
  };

  #stamp(message: Buffer, { sequence, isSnapshot }: { sequence: number; isSnapshot: boolean }): void {
    const { offset, durableOffset } = this.#options.offsets();
    const sendMicros = this.#options.clock.nowMicros();
    stampMessage(message, { epoch: this.#epoch, sequence, offset, durableOffset, sendMicros, isSnapshot });
  }

  async #beatOn(): Promise<void> {
    const { clock, heartbeatMs = HEARTBEAT_MS } = this.#options;
    const { signal } = this.#closing;
    while (!signal.aborted) {
      this.#sendHeartbeat();
      await clock.sleep(heartbeatMs, signal).catch(() => undefined);
    }
  }

  #sendHeartbeat(): void {
    const since = this.#beat - HEARTBEATS_A_CHANGE;
    const changed: [string, number][] = [];
    for (const { name, sequence, beat } of this.#buffer.topics())
      if (beat > since) changed.push([name, sequence]);
    const message = encodePacked(PayloadKind.heartbeat, { topics: changed });
    this.#heartbeat.sequence += 1;
    this.#beat += 1;
    this.#stamp(message, { sequence: this.#heartbeat.sequence, isSnapshot: false });
    this.#publish(this.#heartbeat, message);
    this.counts.heartbeats += 1;
  }

  async #answerOn(): Promise<void> {
    for (;;) {
      let asked: Buffer[];
      try {
        asked = await this.#router.receive();
      } catch (error) {
        if (this.#closing.signal.aborted) return;
        throw error;
      }
      const [from, question] = asked;
      if (from === undefined || question === undefined) continue;
      this.#router.send([from, ...this.#answerTo(question)]).then(undefined, this.#onRefused);
    }
  }

  #answerTo(message: Buffer): Buffer[] {
    const preamble = preambleOf(message);
    const isOurs = preamble !== 'unknown' && preamble.protocol === PROTOCOL_VERSION;
    let parts: Buffer[];
    try {
      if (!isOurs) throw new RangeError(`the question is not of protocol version ${PROTOCOL_VERSION}`);
      parts = this.#answering.answer(decodeQuestion(message));
    } catch (error) {
      this.counts.badQuestions += 1;
      // Whatever the asker speaks, the head tells our version.
      parts = [encodeAnswer({ id: 0, topics: [], next: '', error: String(error) })];
    }
    this.#stamp(parts[0], { sequence: 0, isSnapshot: true });
    return parts;
  }
}
