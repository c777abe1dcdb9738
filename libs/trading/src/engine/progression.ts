import type { StateRows } from '../state-rows.ts';

/** What is numbered, and the letter of its ids. */
const LETTERS = { signal: 's', order: 'o', fill: 'f', trade: 't' } as const;
export type Numbered = keyof typeof LETTERS;

interface Progress {
  readonly lastSeq: number;
  readonly lastMicros: number;
  readonly runId: string;
  readonly numbers: Readonly<Record<Numbered, number>>;
}

const KEY = 'progress';

/** How far the engine has come: the last event, and the last number given to anything. */
export class Progression {
  readonly #rows: StateRows;
  #progress: Progress;

  constructor(rows: StateRows) {
    this.#rows = rows;
    this.#progress = (rows.get(KEY) as Progress | undefined) ?? {
      lastSeq: 0,
      lastMicros: 0,
      runId: '',
      numbers: { signal: 0, order: 0, fill: 0, trade: 0 },
    };
  }

  get lastSeq(): number {
    return this.#progress.lastSeq;
  }

  get lastMicros(): number {
    return this.#progress.lastMicros;
  }

  advance(head: { readonly seq: number; readonly timeMicros: number }): void {
    this.#put({ ...this.#progress, lastSeq: head.seq, lastMicros: head.timeMicros });
  }

  startRun(runId: string): void {
    this.#put({ ...this.#progress, runId });
  }

  /** The id that `nextId` would give. */
  peekId(of: Numbered): string {
    return `${LETTERS[of]}-${this.#progress.numbers[of] + 1}`;
  }

  /** `o-1`, `o-2`...: never given twice in a ledger's life. */
  nextId(of: Numbered): string {
    const id = this.peekId(of);
    const number = this.#progress.numbers[of] + 1;
    this.#put({ ...this.#progress, numbers: { ...this.#progress.numbers, [of]: number } });
    return id;
  }

  #put(progress: Progress): void {
    this.#progress = progress;
    this.#rows.put(KEY, { ...progress });
  }
}

/** The number in an id. */
export function numberOf(id: string): number {
  return Number(id.slice(2));
}
