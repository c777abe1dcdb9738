import { PayloadKind } from './header.ts';
import { decodePacked, encodePacked, isCount, isPosition, listOf } from './packed.ts';

/** A run of messages of one topic, both ends inclusive. */
export type Range = readonly [topic: string, from: number, to: number];

/** What a receiver asks over DEALER/ROUTER. `id` comes back with the answer. */
export type Question =
  /** The states of all topics that match, a page at a time: those after a topic in string order. */
  | {
      readonly id: number;
      readonly ask: 'snapshot';
      readonly prefixes: readonly string[];
      readonly history: number;
      readonly after: string;
    }
  /** Messages again. Where they are gone: the state of the topic, or how far the gone ones reach. */
  | {
      readonly id: number;
      readonly ask: 'replay';
      readonly ranges: readonly Range[];
      readonly history: number;
    }
  /** The last sequences of all topics that match, a page at a time. */
  | {
      readonly id: number;
      readonly ask: 'sequences';
      readonly prefixes: readonly string[];
      readonly after: string;
    };

/** What stands before the messages of an answer. Epoch and offsets are in its header. */
export interface Answer {
  readonly id: number;
  /** Topics told on this page: of a replay those dealt with, each with the first sequence that could be given. */
  readonly topics: readonly (readonly [topic: string, sequence: number])[];
  /** Ask for what comes after this topic; empty when there is no more. */
  readonly next: string;
  /** Journal offset at which the epoch began: what an earlier epoch told of this offset or a later one is void. */
  readonly epochOffset: number;
  /** Why there is no answer. */
  readonly error?: string;
}

const ASKS: ReadonlySet<unknown> = new Set(['snapshot', 'replay', 'sequences']);

export function encodeQuestion(question: Question): Buffer {
  return encodePacked(PayloadKind.question, question);
}

/** Throws a RangeError for what is no question. */
export function decodeQuestion(message: Buffer): Question {
  const value = decodePacked(message);
  const { id, ask, history = 0, after = '' } = value as Record<string, unknown>;
  if (!isCount(id) || !ASKS.has(ask) || !isCount(history) || typeof after !== 'string')
    throw new RangeError('the payload is no question');
  if (ask === 'replay') return { id, ask, history, ranges: listOf(value['ranges'], 'ranges', isRange) };
  const prefixes = listOf(value['prefixes'], 'prefixes', isText);
  return ask === 'snapshot'
    ? { id, ask, prefixes, history, after }
    : { id, ask: 'sequences', prefixes, after };
}

export function encodeAnswer(answer: Answer): Buffer {
  return encodePacked(PayloadKind.answer, answer);
}

/** Throws a RangeError for what is no answer. */
export function decodeAnswer(message: Buffer): Answer {
  const value = decodePacked(message);
  const { id, next, error, epochOffset } = value as Record<string, unknown>;
  if (!isCount(id) || !isCount(epochOffset) || typeof next !== 'string')
    throw new RangeError('the payload is no answer');
  const topics = listOf(value['topics'], 'topics', isPosition);
  return { id, topics, next, epochOffset, ...(typeof error === 'string' ? { error } : {}) };
}

function isText(value: unknown): value is string {
  return typeof value === 'string';
}

function isRange(value: unknown): value is Range {
  if (!Array.isArray(value) || value.length !== 3) return false;
  return typeof value[0] === 'string' && isCount(value[1]) && isCount(value[2]);
}
