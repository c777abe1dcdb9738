import type { GapRows } from './gap-rows.ts';
import type { Arrival, Hole } from './hole-listener.ts';

/** Ids above the newest covered one that the venue says exist: some came since, the others have a row in the ledger. */
export interface ToldSpan {
  readonly fromId: number;
  readonly toId: number;
}

/**
 * What venues say of their newest ids. A gap of such ids lies above the newest covered id: what arrives in it follows the
 * newest id and is no older one, so its instrument is watched until the ids have caught up.
 */
export class ToldIds {
  readonly #rows: GapRows;
  readonly #spans = new Map<string, ToldSpan>();

  constructor(rows: GapRows) {
    this.#rows = rows;
  }

  has(key: string): boolean {
    return this.#spans.has(key);
  }

  /** The last id told, or -1. */
  lastId(key: string): number {
    return this.#spans.get(key)?.toId ?? -1;
  }

  /** The part of a hole that no row stands for yet; undefined when there is none. */
  beyond(key: string, hole: Hole): Hole | undefined {
    const span = this.#spans.get(key);
    if (span === undefined || hole.fromId < span.fromId) return hole;
    const fromId = Math.max(hole.fromId, span.toId + 1);
    return fromId > hole.toId ? undefined : { ...hole, fromId };
  }

  /** Ids that a row of the caller's stands for. */
  note(key: string, { fromId, toId }: ToldSpan): void {
    this.#spans.set(key, { fromId: this.#spans.get(key)?.fromId ?? fromId, toId });
  }

  /** Ids that no row stands for yet: the row of those told before grows, or there is a new one. */
  open(key: string, hole: Hole): void {
    const { fromId, toId, fromMicros, toMicros, offset } = hole;
    const before = this.#rows.of(key).find((gap) => gap.toId === fromId - 1 && gap.state === 'open');
    if (before !== undefined && this.lastId(key) === before.toId) {
      this.#rows.change(before, { toId, toMicros: Math.max(before.toMicros, toMicros) }, offset);
    } else {
      this.#rows.open({ instrument: key, cause: 'sequence', fromMicros, toMicros, fromId, toId }, hole);
    }
    this.note(key, hole);
  }

  /** Whether a tick is one of those that were told. */
  isTold(key: string, { id }: Arrival): boolean {
    const span = this.#spans.get(key);
    return span !== undefined && span.fromId <= id && id <= span.toId;
  }

  /** The newest covered id has reached what was told: from now on what is missing are holes like others. */
  caughtUp(key: string, lastId: number): void {
    if (lastId >= this.lastId(key)) this.#spans.delete(key);
  }

  /** Finds the span again in stored rows, given the newest covered id. */
  recall(key: string, lastId: number): void {
    const above = this.#rows.of(key).filter((gap) => gap.fromId >= 0 && gap.toId > lastId);
    if (above.length === 0 || lastId < 0) return;
    const fromId = Math.max(lastId + 1, Math.min(...above.map((gap) => gap.fromId)));
    this.#spans.set(key, { fromId, toId: Math.max(...above.map((gap) => gap.toId)) });
  }
}
