import type { FeedLimits } from './sender-options.ts';

/** A topic as its sender knows it. */
export interface SentTopic {
  readonly name: string;
  /** The name as it goes over the wire. */
  readonly frame: Buffer;
  /** Of the last message; 0 before the first. */
  sequence: number;
  /** The heartbeat before which it was last sent on. */
  beat: number;
  /** The newest messages, oldest first: those of `sequence - kept.length + 1` to `sequence`. */
  readonly kept: Buffer[];
  keptBytes: number;
  /** Of the entries in the common order, how many stand for messages that have already gone. */
  goneInOrder: number;
}

const COMPACT_FROM = 65_536;
const DEFAULTS = { topicMessages: 4_096, topicBytes: 1_048_576, totalBytes: 64 * 1_048_576 };

/**
 * Keeps the last messages of each topic, so that a receiver can have them again: at most so many a topic, and so many
 * bytes of all of them, of which the oldest go first.
 */
export class ReplayBuffer {
  readonly #limits: typeof DEFAULTS;
  readonly #topics = new Map<string, SentTopic>();
  /** The topic of each kept message, in the order of sending. */
  #order: SentTopic[] = [];
  #orderStart = 0;
  #bytes = 0;
  #messages = 0;
  #forgotten = 0;

  constructor(limits: FeedLimits = {}) {
    const { topicMessages, topicBytes, totalBytes } = { ...DEFAULTS, ...limits };
    this.#limits = { topicMessages, topicBytes, totalBytes };
  }

  /** Bytes of the messages that are kept. */
  get bytes(): number {
    return this.#bytes;
  }

  get topicCount(): number {
    return this.#topics.size;
  }

  topics(): Iterable<SentTopic> {
    return this.#topics.values();
  }

  find(name: string): SentTopic | undefined {
    return this.#topics.get(name);
  }

  /** The topic of a name; made when it is new. */
  topic(name: string): SentTopic {
    let topic = this.#topics.get(name);
    if (topic === undefined) {
      const frame = Buffer.from(name);
      topic = { name, frame, sequence: 0, beat: 0, kept: [], keptBytes: 0, goneInOrder: 0 };
      this.#topics.set(name, topic);
    }
    return topic;
  }

  /** Keeps a message that has just got the topic's sequence. Returns how many others had to go. */
  keep(topic: SentTopic, message: Buffer): number {
    const before = this.#forgotten;
    topic.kept.push(message);
    topic.keptBytes += message.length;
    this.#bytes += message.length;
    this.#messages += 1;
    this.#order.push(topic);
    while (topic.kept.length > this.#limits.topicMessages || topic.keptBytes > this.#limits.topicBytes) {
      this.#forget(topic);
      topic.goneInOrder += 1;
    }
    while (this.#bytes > this.#limits.totalBytes) this.#forgetOldest();
    this.#compact();
    return this.#forgotten - before;
  }

  #forgetOldest(): void {
    const topic = this.#order[this.#orderStart];
    this.#orderStart += 1;
    if (topic.goneInOrder > 0) topic.goneInOrder -= 1;
    else this.#forget(topic);
  }

  #forget(topic: SentTopic): void {
    const message = topic.kept.shift();
    if (message === undefined) return;
    topic.keptBytes -= message.length;
    this.#bytes -= message.length;
    this.#messages -= 1;
    this.#forgotten += 1;
  }

  /**
   * A busy topic lets go of its own messages while their entries stand behind one of a quiet topic: now and then the
   * entries are gone through, so that there are never many more of them than messages.
   */
  #compact(): void {
    if (this.#order.length < 2 * this.#messages + COMPACT_FROM) return;
    const left: SentTopic[] = [];
    for (let at = this.#orderStart; at < this.#order.length; at += 1) {
      const topic = this.#order[at];
      if (topic.goneInOrder > 0) topic.goneInOrder -= 1;
      else left.push(topic);
    }
    this.#order = left;
    this.#orderStart = 0;
  }
}

/** The sequence of the oldest message that can be had again; the next one to come when there is none. */
export function oldestKept(topic: SentTopic): number {
  return topic.sequence - topic.kept.length + 1;
}
