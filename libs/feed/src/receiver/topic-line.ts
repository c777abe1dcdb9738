import type { FeedCandle } from '../feed-event.ts';
import { parseTopic } from '../topic.ts';
import type { TopicName } from '../topic.ts';

/** Of a topic so many delivered candles are remembered at least, so that a state does not tell them again. */
const REMEMBERED_MIN = 64;
/** Messages that came before an earlier one of their topic and wait for it; past it they are fetched again. */
const MAX_EARLY = 256;

/** How far a topic has been received in this epoch. */
export class TopicLine {
  readonly name: string;
  readonly about: TopicName;
  /** All up to this sequence was handed on. */
  last = 0;
  /** The greatest sequence that is known to have been sent. */
  known = 0;
  readonly #early = new Map<number, Buffer>();
  readonly #delivered = new Map<number, number>();

  readonly #remembered: number;

  /** `history`: how many candles a state tells at most. */
  constructor(name: string, history: number) {
    this.name = name;
    this.#remembered = Math.max(REMEMBERED_MIN, history);
    this.about = parseTopic(name);
  }

  get isWhole(): boolean {
    return this.last >= this.known;
  }

  /** The first run of messages that is missing. */
  get missing(): { readonly from: number; readonly to: number } {
    const from = this.last + 1;
    let to = this.known;
    for (const sequence of this.#early.keys()) to = Math.min(to, sequence - 1);
    return { from, to: Math.max(from, to) };
  }

  hasEarly(sequence: number): boolean {
    return this.#early.has(sequence);
  }

  keepEarly(sequence: number, message: Buffer): void {
    if (this.#early.size < MAX_EARLY) this.#early.set(sequence, message);
  }

  /** The next message, if it came early. */
  takeEarly(): Buffer | undefined {
    const message = this.#early.get(this.last + 1);
    this.#early.delete(this.last + 1);
    return message;
  }

  /** Everything up to a sequence has been dealt with. */
  jump(sequence: number): void {
    this.last = Math.max(this.last, sequence);
    this.known = Math.max(this.known, this.last);
    for (const early of this.#early.keys()) if (early <= this.last) this.#early.delete(early);
  }

  /** The candles of a state that were not handed on as they are. */
  newOf(candles: readonly FeedCandle[]): FeedCandle[] {
    return candles.filter((candle) => this.#delivered.get(candle.openMicros) !== markOf(candle));
  }

  remember(candles: readonly FeedCandle[]): void {
    for (const candle of candles) {
      this.#delivered.delete(candle.openMicros);
      this.#delivered.set(candle.openMicros, markOf(candle));
    }
    for (const openMicros of this.#delivered.keys()) {
      if (this.#delivered.size <= this.#remembered) return;
      this.#delivered.delete(openMicros);
    }
  }
}

function markOf({ version, isGone, isClosed, isComplete }: FeedCandle): number {
  return version * 8 + (isGone === true ? 4 : 0) + (isClosed ? 2 : 0) + (isComplete ? 1 : 0);
}
