import type { Answer, Question, Range } from '../wire/dialogue.ts';
import { encodeAnswer } from '../wire/dialogue.ts';
import { startMessage, PayloadKind } from '../wire/header.ts';
import { TopicFilter } from '../topic-filter.ts';
import { encodeState } from './topic-state.ts';
import type { ReplayBuffer, SentTopic } from './replay-buffer.ts';
import { oldestKept } from './replay-buffer.ts';
import type { FeedSenderCounts, SnapshotSource } from './sender-options.ts';

/** An answer is given page by page, so that neither side holds more than this for it, nor its event loop for long. */
const PAGE_BYTES = 256 * 1_024;
const PAGE_TOPICS = 4_096;

export interface AnsweringParts {
  readonly buffer: ReplayBuffer;
  readonly source: SnapshotSource;
  readonly counts: FeedSenderCounts;
  readonly epochOffset: number;
  /** Writes epoch, sequence and offsets into a message that is a state. */
  readonly stamp: (message: Buffer, sequence: number) => void;
}

/** The parts of an answer: its head, then pairs of topic and message. */
export type AnswerParts = Buffer[];

/** Answers questions from what is in memory, each in one step: what it tells of a topic belongs together. */
export class Answering {
  readonly #parts: AnsweringParts;

  constructor(parts: AnsweringParts) {
    this.#parts = parts;
  }

  answer(question: Question): AnswerParts {
    switch (question.ask) {
      case 'snapshot':
        return this.#snapshot(question);
      case 'replay':
        return this.#replay(question);
      case 'sequences':
        return this.#sequences(question);
    }
  }

  #snapshot(question: Extract<Question, { ask: 'snapshot' }>): AnswerParts {
    const page = new Page();
    this.#parts.counts.snapshots += 1;
    let next = '';
    for (const name of this.#matching(question)) {
      if (page.isFull) {
        next = page.last;
        break;
      }
      const sequence = this.#parts.buffer.find(name)?.sequence ?? 0;
      page.add({ name, sequence }, this.#state(name, question.history, sequence));
    }
    return page.parts({ id: question.id, next, epochOffset: this.#parts.epochOffset });
  }

  #sequences(question: Extract<Question, { ask: 'sequences' }>): AnswerParts {
    const page = new Page();
    let next = '';
    for (const name of this.#matching(question)) {
      if (page.isFull) {
        next = page.last;
        break;
      }
      page.add({ name, sequence: this.#parts.buffer.find(name)?.sequence ?? 0 });
    }
    return page.parts({ id: question.id, next, epochOffset: this.#parts.epochOffset });
  }

  /** Deals with as many ranges as fit; the asker sees which. */
  #replay(question: Extract<Question, { ask: 'replay' }>): AnswerParts {
    const page = new Page();
    this.#parts.counts.replays += 1;
    for (const range of question.ranges) {
      if (page.isFull) break;
      this.#replayRange(page, range, question.history);
    }
    return page.parts({ id: question.id, next: '', epochOffset: this.#parts.epochOffset });
  }

  #replayRange(page: Page, [name, from, to]: Range, history: number): void {
    const { counts, buffer } = this.#parts;
    const topic = buffer.find(name);
    const oldest = topic === undefined ? 1 : oldestKept(topic);
    if (topic !== undefined && from < oldest) {
      counts.tooOld += Math.min(to + 1, oldest) - from;
      const state = this.#stateIfAny(name, history, topic.sequence);
      if (state !== undefined) return page.add({ name, sequence: topic.sequence }, state);
    }
    page.note({ name, sequence: Math.max(from, oldest) });
    if (topic === undefined) return;
    for (let sequence = Math.max(from, oldest); sequence <= Math.min(to, topic.sequence); sequence += 1) {
      page.push(topic, topic.kept[sequence - oldest]);
      counts.replayed += 1;
      if (page.isFull) return;
    }
  }

  /** A topic without a state is told by an empty message: how far it has come. */
  #state(name: string, history: number, sequence: number): Buffer {
    const found = this.#stateIfAny(name, history, sequence);
    if (found !== undefined) return found;
    const message = startMessage(PayloadKind.position, 0, 0);
    this.#parts.stamp(message, sequence);
    return message;
  }

  #stateIfAny(name: string, history: number, sequence: number): Buffer | undefined {
    const state = this.#parts.source.state(name, history);
    if (state === undefined) return undefined;
    const message = encodeState(state);
    this.#parts.stamp(message, sequence);
    return message;
  }

  /** Matching topics after the given one, in string order. */
  #matching({ prefixes, after }: { prefixes: readonly string[]; after: string }): string[] {
    const filter = new TopicFilter(prefixes);
    const names = new Set<string>();
    for (const name of this.#parts.source.topics()) if (name > after && filter.has(name)) names.add(name);
    for (const { name } of this.#parts.buffer.topics()) if (name > after && filter.has(name)) names.add(name);
    return [...names].sort();
  }
}

/** What one answer holds. */
class Page {
  readonly topics: [string, number][] = [];
  readonly #messages: Buffer[] = [];
  #bytes = 0;

  get isFull(): boolean {
    return this.#bytes >= PAGE_BYTES || this.topics.length >= PAGE_TOPICS;
  }

  /** The topic added last. */
  get last(): string {
    return this.topics.at(-1)?.[0] ?? '';
  }

  note({ name, sequence }: { name: string; sequence: number }): void {
    this.topics.push([name, sequence]);
  }

  add(topic: { name: string; sequence: number }, message?: Buffer): void {
    this.note(topic);
    if (message !== undefined) this.#add(Buffer.from(topic.name), message);
  }

  push(topic: SentTopic, message: Buffer): void {
    this.#add(topic.frame, message);
  }

  parts(answer: Omit<Answer, 'topics'>): AnswerParts {
    return [encodeAnswer({ ...answer, topics: this.topics }), ...this.#messages];
  }

  #add(frame: Buffer, message: Buffer): void {
    this.#messages.push(frame, message);
    this.#bytes += message.length;
  }
}
