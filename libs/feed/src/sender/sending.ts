import type { Gap, InstrumentKey, InstrumentTable, Interval, TickBatch } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import type { FeedCandle, FeedSignal, FeedStatus } from '../feed-event.ts';
import { topics } from '../topic.ts';
import { decodeQuestion, encodeAnswer } from '../wire/dialogue.ts';
import { PROTOCOL_VERSION, PayloadKind, epochBytes, preambleOf, stampMessage } from '../wire/header.ts';
import { encodePacked } from '../wire/packed.ts';
import { encodeTicks } from '../wire/tick-columns.ts';
import { Answering } from './answering.ts';
import { ReplayBuffer } from './replay-buffer.ts';
import type { SentTopic } from './replay-buffer.ts';
import type {
  FeedLimits,
  FeedOffsets,
  FeedSenderCounts,
  SnapshotSource,
  TopicState,
} from './sender-options.ts';
import { TickSorter } from './tick-sorter.ts';
import { encodeState } from './topic-state.ts';

/** A topic stands in this many heartbeats after it was last sent on; a receiver that misses more of them asks. */
const HEARTBEATS_A_CHANGE = 3;

export interface SendingOptions {
  readonly epoch: string;
  readonly epochOffset?: number;
  readonly source: SnapshotSource;
  readonly counts: FeedSenderCounts;
  readonly offsets: () => FeedOffsets;
  readonly limits?: FeedLimits;
  readonly clock: Pick<Clock, 'nowMicros'>;
  /** Hands a message to whoever listens, or not: it may be lost from here on. */
  readonly publish: (topic: Buffer, message: Buffer) => void;
}

/** The sender without its sockets: numbers messages, keeps them for a while, answers for what was lost. */
export class Sending {
  readonly counts: FeedSenderCounts;
  readonly #options: SendingOptions;
  readonly #epoch: Buffer;
  readonly #buffer: ReplayBuffer;
  readonly #answering: Answering;
  readonly #sorter = new TickSorter();
  readonly #heartbeat: SentTopic;
  readonly #epochOffset: number;
  /** By instrument number of the table that ticks come with. */
  readonly #tickTopics: SentTopic[] = [];
  #beat = 1;

  constructor(options: SendingOptions) {
    this.#options = options;
    this.counts = options.counts;
    this.#epoch = epochBytes(options.epoch);
    this.#buffer = new ReplayBuffer(options.limits);
    // Not one of the buffer's: heartbeats are not sent again.
    this.#heartbeat = new ReplayBuffer().topic(topics.heartbeat);
    this.#epochOffset = options.epochOffset ?? options.offsets().offset;
    this.#answering = new Answering({
      buffer: this.#buffer,
      source: options.source,
      counts: this.counts,
      epochOffset: this.#epochOffset,
      stamp: (message, sequence) => this.#stamp(message, { sequence, isSnapshot: true }),
    });
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

  /** The last sequence of every topic that changed lately. */
  sendHeartbeat(): void {
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

  /** The parts of the answer to a question as it came: a head, then pairs of topic and message. */
  answerTo(message: Buffer): Buffer[] {
    const preamble = preambleOf(message);
    const isOurs = preamble !== 'unknown' && preamble.protocol === PROTOCOL_VERSION;
    let parts: Buffer[];
    try {
      if (!isOurs) throw new RangeError(`the question is not of protocol version ${PROTOCOL_VERSION}`);
      parts = this.#answering.answer(decodeQuestion(message));
    } catch (error) {
      this.counts.badQuestions += 1;
      // Whatever the asker speaks, the head tells our version.
      parts = [
        encodeAnswer({ id: 0, topics: [], next: '', epochOffset: this.#epochOffset, error: String(error) }),
      ];
    }
    this.#stamp(parts[0], { sequence: 0, isSnapshot: true });
    return parts;
  }

  #sendState(name: string, state: TopicState): void {
    this.#send(this.#buffer.topic(name), encodeState(state));
  }

  #send(topic: SentTopic, message: Buffer): void {
    topic.sequence += 1;
    topic.beat = this.#beat;
    this.#stamp(message, { sequence: topic.sequence, isSnapshot: false });
    this.counts.forgotten += this.#buffer.keep(topic, message);
    this.#publish(topic, message);
  }

  #publish(topic: SentTopic, message: Buffer): void {
    this.counts.messages += 1;
    this.counts.bytes += message.length;
    this.#options.publish(topic.frame, message);
  }

  #stamp(message: Buffer, { sequence, isSnapshot }: { sequence: number; isSnapshot: boolean }): void {
    const { offset, durableOffset } = this.#options.offsets();
    const sendMicros = this.#options.clock.nowMicros();
    stampMessage(message, { epoch: this.#epoch, sequence, offset, durableOffset, sendMicros, isSnapshot });
  }
}

/** Nothing counted yet. */
export function senderCounts(): FeedSenderCounts {
  return {
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
}
