import { TickwrightError } from './errors.ts';

/** Thrown to a writer when the queue was ended. */
export class QueueEndedError extends TickwrightError {
  constructor() {
    super('cannot write to a queue that has ended', { code: 'queue-ended' });
  }
}

/** More writers than this waiting at once means that someone does not wait for the promise that `write` returned. */
const MAX_WAITING_WRITERS = 1_024;

interface WaitingWriter<T> {
  readonly item: T;
  readonly admitted: () => void;
  readonly refused: (error: Error) => void;
}

interface WaitingReader<T> {
  readonly resolve: (result: IteratorResult<T, undefined>) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * A ring of fixed capacity between writers and one reader, in order, with three different ends:
 * `finish` (what was written is read, then the reader is done), `fail` (what was written is read, then the reader gets
 * the error), `close` (what was written is thrown away, the reader is done at once; leaving a `for await` closes).
 *
 * When full, `write` waits (returns a promise that resolves when the item is in) or drops the oldest and counts it.
 */
export class BoundedQueue<T> implements AsyncIterable<T, undefined> {
  readonly capacity: number;
  readonly #dropsOldest: boolean;
  readonly #ring: (T | undefined)[];
  readonly #writers: WaitingWriter<T>[] = [];
  #reader: WaitingReader<T> | undefined;
  #head = 0;
  #depth = 0;
  #dropped = 0;
  #end: { readonly error?: unknown } | undefined;

  constructor(options: { capacity: number; whenFull: 'wait' | 'dropOldest' }) {
    const { capacity, whenFull } = options;
    if (!Number.isInteger(capacity) || capacity < 1) {
      throw new RangeError(`a queue's capacity is a positive integer, not ${capacity}`);
    }
    this.capacity = capacity;
    this.#dropsOldest = whenFull === 'dropOldest';
    this.#ring = Array.from<T | undefined>({ length: capacity });
  }

  /** Items waiting to be read, without those whose writers still wait. */
  get depth(): number {
    return this.#depth;
  }

  /** Items dropped because the queue was full, or thrown away by `close`. */
  get dropped(): number {
    return this.#dropped;
  }

  /**
   * Returns nothing when the item is in, or a promise to wait for when the queue is full and its policy is to wait.
   * Throws (or rejects with) a QueueEndedError when the queue has ended.
   */
  write(item: T): Promise<void> | undefined {
    if (this.#end !== undefined) throw new QueueEndedError();
    const reader = this.#takeReader();
    if (reader !== undefined) {
      reader.resolve({ done: false, value: item });
      return undefined;
    }
    if (this.#depth < this.capacity) {
      this.#push(item);
      return undefined;
    }
    if (this.#dropsOldest) {
      this.#shift();
      this.#dropped += 1;
      this.#push(item);
      return undefined;
    }
    return this.#waitForRoom(item);
  }

  /** No more is written; the reader gets the rest, that of waiting writers included, and is done. */
  finish(): void {
    this.#endWith({});
  }

  /** No more is written; the reader gets the rest and then the error. */
  fail(error: unknown): void {
    this.#endWith({ error });
  }

  /** Throws everything away. The reader is done, waiting writers get a QueueEndedError. */
  close(): void {
    this.#end = {};
    this.#dropped += this.#depth;
    this.#depth = 0;
    this.#ring.fill(undefined);
    for (const writer of this.#writers.splice(0)) writer.refused(new QueueEndedError());
    this.#takeReader()?.resolve({ done: true, value: undefined });
  }

  [Symbol.asyncIterator](): AsyncIterator<T, undefined> {
    return {
      next: async () => await this.#next(),
      return: async () => {
        this.close();
        return await Promise.resolve({ done: true, value: undefined });
      },
    };
  }

  async #next(): Promise<IteratorResult<T, undefined>> {
    if (this.#depth > 0) {
      const value = this.#shift();
      this.#admitWriter();
      return { done: false, value };
    }
    if (this.#end !== undefined) return this.#readEnd(this.#end);
    if (this.#reader !== undefined) throw new RangeError('a bounded queue has one reader, and it is reading');
    return await new Promise((resolve, reject) => {
      this.#reader = { resolve, reject };
    });
  }

  #readEnd(end: { readonly error?: unknown }): IteratorResult<T, undefined> {
    if (!('error' in end)) return { done: true, value: undefined };
    // The error is told once; a reader that asks again is done, as with any iterator.
    this.#end = {};
    throw end.error;
  }

  /** The first end stands: an error that comes after `finish` has nobody left to hear it. */
  #endWith(end: { readonly error?: unknown }): void {
    if (this.#end !== undefined) return;
    this.#end = end;
    const reader = this.#takeReader();
    if (reader === undefined) return;
    if ('error' in end) {
      this.#end = {};
      reader.reject(end.error);
    } else {
      reader.resolve({ done: true, value: undefined });
    }
  }

  async #waitForRoom(item: T): Promise<void> {
    if (this.#writers.length >= MAX_WAITING_WRITERS) {
      throw new RangeError(
        `${MAX_WAITING_WRITERS} writes wait already: a writer does not wait for its promise`,
      );
    }
    await new Promise<void>((admitted, refused) => {
      this.#writers.push({ item, admitted, refused });
    });
  }

  #admitWriter(): void {
    const writer = this.#writers.shift();
    if (writer === undefined) return;
    this.#push(writer.item);
    writer.admitted();
  }

  #takeReader(): WaitingReader<T> | undefined {
    const reader = this.#reader;
    this.#reader = undefined;
    return reader;
  }

  #push(item: T): void {
    this.#ring[(this.#head + this.#depth) % this.capacity] = item;
    this.#depth += 1;
  }

  #shift(): T {
    const item = this.#ring[this.#head] as T;
    this.#ring[this.#head] = undefined;
    this.#head = (this.#head + 1) % this.capacity;
    this.#depth -= 1;
    return item;
  }
}
