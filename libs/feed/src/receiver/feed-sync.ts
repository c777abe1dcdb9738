import type { CandlesEvent, FeedCandle, FeedEvent } from '../feed-event.ts';
import { TopicFilter } from '../topic-filter.ts';
import { topics } from '../topic.ts';
import type { Answer, Question } from '../wire/dialogue.ts';
import { decodeAnswer } from '../wire/dialogue.ts';
import { PayloadKind, epochBytes, hasEpoch, readHeader } from '../wire/header.ts';
import type { Header } from '../wire/header.ts';
import { decodeHeartbeat } from '../wire/packed.ts';
import { eventOf } from './feed-message.ts';
import type { FeedReceiverCounts } from './receiver-options.ts';
import { TopicLine } from './topic-line.ts';

/** An answer that takes longer is asked for again. */
const ANSWER_MS = 1_000;
/** Live messages kept while a snapshot is taken; what comes beyond is fetched again afterwards. */
const MAX_HELD = 8_192;
const MAX_HELD_BYTES = 16 * 1_048_576;
const MAX_RANGES = 512;
/** A topic stands in the heartbeats of this many beats after its last message: who misses as many must compare. */
const HEARTBEATS_A_CHANGE = 3;

type Asked = { readonly question: Question; readonly atMs: number };

export interface FeedSyncOptions {
  readonly prefixes: readonly string[];
  readonly history: number;
  readonly counts: FeedReceiverCounts;
  readonly monotonicMs: () => number;
  /** Hands an event on; `bytes` is about what it holds. */
  readonly emit: (event: FeedEvent, bytes: number) => void;
  readonly ask: (question: Question) => void;
  /** Whether answers, which come in bulk, can be taken now. */
  readonly hasRoom: () => boolean;
}

/**
 * Makes a whole of what comes over a lossy line: gives each topic's messages in order, each once, asks for those that are
 * missing, and for a snapshot at the start and whenever the sender's epoch changes. No socket and no timer: messages and
 * answers come in, events and questions go out. One question at a time.
 */
export class FeedSync {
  offset = 0;
  durableOffset = 0;
  readonly #options: FeedSyncOptions;
  readonly #filter: TopicFilter;
  #epoch: string | undefined;
  #epochBytes: Buffer = Buffer.alloc(0);
  /** The epoch that was told last, by a `resync` event, and how much of what it told is known to have been on disk. */
  #toldEpoch: string | undefined;
  #toldDurable = 0;
  #lines = new Map<string, TopicLine>();
  #incomplete = new Set<TopicLine>();
  #isLive = false;
  /** Something of another epoch came: whether it is a newer or an older one, only the sender itself can tell. */
  #isDoubtful = false;
  #pageAfter = '';
  #held: [topic: string, message: Buffer][] = [];
  #heldBytes = 0;
  #lastBeat = 0;
  /** Set while sequences are to be compared: after which topic. */
  #compareAfter: string | undefined;
  #asked: Asked | undefined;
  #nextId = 1;

  constructor(options: FeedSyncOptions) {
    this.#options = options;
    this.#filter = new TopicFilter([...options.prefixes, topics.status]);
  }

  get epoch(): string | undefined {
    return this.#epoch;
  }

  /** Whether the snapshot has been told whole. */
  get isLive(): boolean {
    return this.#isLive;
  }

  /** A message as it was published. Throws a RangeError for what cannot be read. */
  message(topic: string, message: Buffer): void {
    if (this.#epoch === undefined || !hasEpoch(message, this.#epochBytes)) this.#foreign(topic, message);
    else if (topic === topics.heartbeat) this.#heartbeat(message);
    else if (!this.#filter.has(topic)) return;
    else if (this.#isLive) this.#take(this.#line(topic), message);
    else this.#hold(topic, message);
    this.next();
  }

  /** An answer: its head and pairs of topic and message. Throws a RangeError for what cannot be read. */
  answer([head, ...messages]: readonly Buffer[]): void {
    if (head === undefined) throw new RangeError('an answer without a head');
    const answer = decodeAnswer(head);
    const asked = this.#asked;
    if (asked === undefined || answer.id !== asked.question.id || answer.error !== undefined) return;
    this.#asked = undefined;
    if (this.#epoch === undefined) {
      this.#begin(readHeader(head).epoch);
    } else if (!hasEpoch(head, this.#epochBytes)) {
      // The sender was started anew; its answer fits a question that has no meaning any more.
      this.#begin(readHeader(head).epoch);
      this.next();
      return;
    }
    this.#settleDoubt();
    switch (asked.question.ask) {
      case 'snapshot':
        this.#page(readHeader(head), answer, messages);
        break;
      case 'replay':
        this.#replayed(answer, messages);
        break;
      case 'sequences':
        if (asked.question.prefixes.length === 0) break;
        for (const [name, sequence] of answer.topics) this.#learn(name, sequence);
        this.#compareAfter = answer.next === '' ? undefined : answer.next;
        break;
    }
    this.next();
  }

  /** Asks what is to be asked next, or again after a time without an answer. To be called now and then. */
  next(): void {
    const { monotonicMs, hasRoom, counts, ask } = this.#options;
    const nowMs = monotonicMs();
    if (this.#asked !== undefined) {
      if (nowMs - this.#asked.atMs < ANSWER_MS) return;
      if (this.#asked.atMs !== -Infinity) counts.unanswered += 1;
    }
    this.#asked = undefined;
    const question = hasRoom() ? this.#question() : undefined;
    if (question === undefined) return;
    this.#asked = { question, atMs: nowMs };
    ask(question);
  }

  /** The question could not even be sent: nobody is connected yet. */
  refused(): void {
    if (this.#asked !== undefined) this.#asked = { ...this.#asked, atMs: -Infinity };
  }

  #question(): Question | undefined {
    const { prefixes, history } = this.#options;
    const all = [...prefixes, topics.status];
    if (!this.#isLive)
      return { id: this.#id(), ask: 'snapshot', prefixes: all, history, after: this.#pageAfter };
    if (this.#isDoubtful) return { id: this.#id(), ask: 'sequences', prefixes: [], after: '' };
    if (this.#compareAfter !== undefined)
      return { id: this.#id(), ask: 'sequences', prefixes: all, after: this.#compareAfter };
    if (this.#incomplete.size === 0) return undefined;
    const ranges = [...this.#incomplete].slice(0, MAX_RANGES).map((line) => {
      const { from, to } = line.missing;
      return [line.name, from, to] as const;
    });
    return { id: this.#id(), ask: 'replay', ranges, history };
  }

  #id(): number {
    return this.#nextId++;
  }

  /** A message of another epoch than the one at hand. Kept until the sender has told which one is its own. */
  #foreign(topic: string, message: Buffer): void {
    if (this.#epoch !== undefined) this.#isDoubtful = true;
    if (topic !== topics.heartbeat && this.#filter.has(topic)) this.#hold(topic, message);
  }

  /** The sender has answered with the epoch at hand: what came of another is of one that has ended. */
  #settleDoubt(): void {
    if (!this.#isDoubtful) return;
    this.#isDoubtful = false;
    const { kept, dropped } = this.#ofEpoch(this.#held);
    this.#held = kept;
    this.#options.counts.outdated += dropped;
  }

  #ofEpoch(held: readonly [string, Buffer][]): { kept: [string, Buffer][]; dropped: number } {
    const kept = held.filter(([, message]) => hasEpoch(message, this.#epochBytes));
    return { kept, dropped: held.length - kept.length };
  }

  #begin(epoch: string): void {
    this.offset = 0;
    this.durableOffset = 0;
    this.#epoch = epoch;
    this.#epochBytes = epochBytes(epoch);
    this.#lines = new Map();
    this.#incomplete = new Set();
    this.#isLive = false;
    this.#pageAfter = '';
    this.#isDoubtful = false;
    this.#lastBeat = 0;
    this.#compareAfter = undefined;
  }

  #page(head: Header, answer: Answer, messages: readonly Buffer[]): void {
    if (this.#pageAfter === '') this.#tellResync(head, answer.epochOffset);
    for (const [name, message] of pairs(messages)) {
      if (!this.#filter.has(name)) continue;
      this.#state(this.#line(name), message);
    }
    this.#pageAfter = answer.next;
    if (answer.next !== '') return;
    this.#isLive = true;
    this.#options.emit(
      { type: 'live', epoch: head.epoch, offset: head.offset, unmatched: this.#unmatched() },
      0,
    );
    this.#heldBytes = 0;
    for (const [topic, message] of this.#held.splice(0)) this.message(topic, message);
  }

  /** Until the snapshot has been told. What does not fit shows as lost afterwards. */
  #hold(topic: string, message: Buffer): void {
    if (this.#held.length >= MAX_HELD || this.#heldBytes >= MAX_HELD_BYTES) return;
    this.#held.push([topic, message]);
    this.#heldBytes += message.length;
  }

  /**
   * Of what the epoch before has told, all beyond its durable offset is doubtful: there may have been others between, of
   * which nothing was heard.
   */
  #tellResync({ epoch, durableOffset }: Header, epochOffset: number): void {
    const previousEpoch = this.#toldEpoch;
    const offset = previousEpoch === undefined ? epochOffset : Math.min(epochOffset, this.#toldDurable);
    this.#toldDurable = durableOffset;
    const reason = previousEpoch === undefined ? 'start' : 'epoch';
    this.#toldEpoch = epoch;
    this.#options.counts.resyncs += 1;
    this.#options.emit({ type: 'resync', reason, epoch, previousEpoch, offset, durableOffset }, 0);
  }

  #replayed(answer: Answer, messages: readonly Buffer[]): void {
    for (const [name, first] of answer.topics) {
      const line = this.#lines.get(name);
      // A topic with a state is told by it; of any other the messages before the first that could be given are gone.
      if (line !== undefined && !isWithState(line)) this.#missed(line, first - 1);
    }
    for (const [name, message] of pairs(messages)) {
      const line = this.#lines.get(name);
      if (line === undefined) continue;
      if (readHeader(message).isSnapshot) {
        this.#options.counts.topicSnapshots += 1;
        this.#options.counts.lost += Math.max(0, readHeader(message).sequence - line.last);
        this.#state(line, message);
        this.#drain(line);
      } else if (readHeader(message).sequence === line.last + 1) {
        this.#options.counts.replayed += 1;
        this.#options.counts.lost += 1;
        this.#take(line, message);
      }
    }
  }

  /** Messages up to a sequence that have not come will not come any more. */
  #missed(line: TopicLine, toSequence: number): void {
    if (toSequence <= line.last) return;
    const fromSequence = line.last + 1;
    this.#options.counts.missed += toSequence - line.last;
    this.#options.counts.lost += toSequence - line.last;
    line.jump(toSequence);
    const epoch = this.#epoch ?? '';
    this.#options.emit({ type: 'missed', topic: line.name, epoch, fromSequence, toSequence }, 0);
    this.#drain(line);
  }

  #heartbeat(message: Buffer): void {
    const { sequence } = this.#noted(message);
    this.#options.counts.heartbeats += 1;
    if (!this.#isLive) return;
    // The first one too: what was published before our subscription reached the sender is lost.
    const hasMissed = sequence - this.#lastBeat >= HEARTBEATS_A_CHANGE || this.#lastBeat === 0;
    this.#lastBeat = Math.max(this.#lastBeat, sequence);
    if (hasMissed) this.#compareAfter ??= '';
    for (const [name, last] of decodeHeartbeat(message).topics) this.#learn(name, last);
  }

  #learn(name: string, sequence: number): void {
    if (this.#filter.has(name)) this.#expect(this.#line(name), sequence);
  }

  #expect(line: TopicLine, sequence: number): void {
    line.known = Math.max(line.known, sequence);
    if (!line.isWhole) this.#incomplete.add(line);
  }

  /** A published message, now or again. */
  #take(line: TopicLine, message: Buffer): void {
    const header = this.#noted(message);
    const { sequence } = header;
    const { counts } = this.#options;
    if (sequence <= line.last || line.hasEarly(sequence)) {
      counts.duplicates += 1;
      return;
    }
    if (sequence > line.last + 1) {
      counts.early += 1;
      this.#expect(line, sequence);
      line.keepEarly(sequence, message);
      return;
    }
    this.#deliver(line, header, message);
    this.#drain(line);
  }

  #drain(line: TopicLine): void {
    for (let early = line.takeEarly(); early !== undefined; early = line.takeEarly())
      this.#deliver(line, this.#noted(early), early);
    if (line.isWhole) this.#incomplete.delete(line);
  }

  #deliver(line: TopicLine, header: Header, message: Buffer): void {
    line.jump(header.sequence);
    this.#emit(line, header, message);
  }

  /** What a topic holds as of a sequence. */
  #state(line: TopicLine, message: Buffer): void {
    const header = this.#noted(message);
    if (header.sequence < line.last) return;
    line.jump(header.sequence);
    if (header.kind !== PayloadKind.position) this.#emit(line, header, message);
    if (line.isWhole) this.#incomplete.delete(line);
  }

  #emit(line: TopicLine, header: Header, message: Buffer): void {
    const event = eventOf(line.about, header, { topic: line.name, message });
    if (event === undefined) {
      this.#options.counts.malformed += 1;
      return;
    }
    if (event.type === 'candles') {
      // Of a state, what was told already is not told again. In a new epoch nothing has been.
      const candles = header.isSnapshot ? line.newOf(event.candles) : event.candles;
      line.remember(candles);
      if (candles.length === 0) return;
      this.#options.counts.candles += candles.length;
      this.#tellCandles(event, candles, message.length);
      return;
    }
    if (event.type === 'ticks') this.#options.counts.ticks += event.ticks.count;
    this.#options.emit(event, message.length);
  }

  /** Those that are gone apart: nobody is to take one for a candle. */
  #tellCandles(event: CandlesEvent, told: readonly FeedCandle[], bytes: number): void {
    const { emit } = this.#options;
    const gone = told.filter(({ isGone }) => isGone === true);
    if (gone.length > 0) {
      const candles = gone.map(({ openMicros, version }) => ({ openMicros, version }));
      emit({ ...event, type: 'gone', candles }, 0);
    }
    const candles = gone.length === 0 ? told : told.filter(({ isGone }) => isGone !== true);
    if (candles.length > 0) emit({ ...event, candles }, bytes);
  }

  #noted(message: Buffer): Header {
    const header = readHeader(message, this.#epoch);
    this.offset = Math.max(this.offset, header.offset);
    this.durableOffset = Math.max(this.durableOffset, header.durableOffset);
    if (this.#epoch === this.#toldEpoch) this.#toldDurable = this.durableOffset;
    return header;
  }

  #line(name: string): TopicLine {
    let line = this.#lines.get(name);
    if (line === undefined) this.#lines.set(name, (line = new TopicLine(name, this.#options.history)));
    return line;
  }

  /** Prefixes that let none of the sender's topics in. Signals come into being with the first one. */
  #unmatched(): string[] {
    const matched = new Set([...this.#lines.keys()].map((name) => this.#filter.match(name)));
    return this.#options.prefixes.filter((prefix) => !prefix.startsWith('signal/') && !matched.has(prefix));
  }
}

function isWithState({ about }: TopicLine): boolean {
  return about.kind === 'candle' || about.kind === 'gap' || about.kind === 'status';
}

function* pairs(messages: readonly Buffer[]): Generator<[string, Buffer]> {
  for (let at = 0; at + 1 < messages.length; at += 2) yield [messages[at].toString(), messages[at + 1]];
}
