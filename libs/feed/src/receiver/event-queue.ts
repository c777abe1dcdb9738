import { BoundedQueue } from '@tickwright/runtime';
import type { FeedEvent } from '../feed-event.ts';

/** An answer and what was held during a snapshot come in bulk, on top of what may wait. */
const BULK_EVENTS = 32_768;

/** Events that wait for the consumer, with their bytes. */
export class EventQueue {
  readonly #queue: BoundedQueue<{ readonly event: FeedEvent; readonly bytes: number }>;
  readonly #max: { readonly events: number; readonly bytes: number };
  readonly #onRoom: () => void;
  #bytes = 0;
  #hadNoRoom = false;

  /** `onRoom` is called when what waits has come down to half of what may. */
  constructor(options: { max: { readonly events: number; readonly bytes: number }; onRoom: () => void }) {
    this.#max = options.max;
    this.#onRoom = options.onRoom;
    this.#queue = new BoundedQueue({ capacity: options.max.events + BULK_EVENTS, whenFull: 'dropOldest' });
  }

  get depth(): number {
    return this.#queue.depth;
  }

  /** Whether nothing more is to be put in for now. */
  get isFull(): boolean {
    const isFull = this.#queue.depth >= this.#max.events || this.#bytes >= this.#max.bytes;
    this.#hadNoRoom ||= isFull;
    return isFull;
  }

  /** Whether there is room for a bulk. */
  get hasRoom(): boolean {
    const hasRoom = this.#queue.depth * 2 <= this.#max.events && this.#bytes * 2 <= this.#max.bytes;
    this.#hadNoRoom ||= !hasRoom;
    return hasRoom;
  }

  write(event: FeedEvent, bytes: number): void {
    this.#bytes += bytes;
    void this.#queue.write({ event, bytes });
  }

  /** The consumer gets what waits and is done. */
  finish(): void {
    this.#queue.finish();
  }

  /** The consumer gets what waits, then the error. */
  fail(error: unknown): void {
    this.#queue.fail(error);
  }

  /** Reads in order; the end comes when what waited has been read. One reader. No generator: it costs as much again. */
  read(): { next(): Promise<IteratorResult<FeedEvent, undefined>> } {
    const waiting = this.#queue[Symbol.asyncIterator]();
    return {
      next: async () => {
        const { done, value } = await waiting.next();
        if (done === true) return { done, value: undefined };
        this.#bytes -= value.bytes;
        if (this.#hadNoRoom) this.#tellRoom();
        return { done: false, value: value.event };
      },
    };
  }

  #tellRoom(): void {
    this.#hadNoRoom = false;
    if (this.hasRoom) this.#onRoom();
  }
}
