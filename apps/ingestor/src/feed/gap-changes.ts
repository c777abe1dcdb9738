import type { Gap, GapLedger } from '@tickwright/market';

/** Follows the ledger beside the flusher, which takes its changes: what differs from what was told last. */
export class GapChanges {
  readonly #ledger: Pick<GapLedger, 'changes' | 'list'>;
  #seenCount = -1;
  /** The version and end of every gap that is not filled, as told last; an end may move within one offset. */
  readonly #told = new Map<string, string>();

  constructor(ledger: Pick<GapLedger, 'changes' | 'list'>) {
    this.#ledger = ledger;
  }

  /** The gaps that changed since the last call, by instrument key. */
  take(): Map<string, Gap[]> {
    const changes = new Map<string, Gap[]>();
    if (this.#ledger.changes === this.#seenCount) return changes;
    this.#seenCount = this.#ledger.changes;
    for (const gap of this.#ledger.list()) {
      const isFilled = gap.state === 'filled';
      const mark = `${gap.version} ${gap.state} ${gap.fromMicros} ${gap.toMicros} ${gap.toId}`;
      // A filled one is told once, and only when it was told before as one that was not.
      if (isFilled ? !this.#told.has(gap.id) : this.#told.get(gap.id) === mark) continue;
      if (isFilled) this.#told.delete(gap.id);
      else this.#told.set(gap.id, mark);
      const found = changes.get(gap.instrument);
      if (found === undefined) changes.set(gap.instrument, [gap]);
      else found.push(gap);
    }
    return changes;
  }
}
