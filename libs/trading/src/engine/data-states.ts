import type { InstrumentKey } from '@tickwright/market';
import type { DataChange } from '../contract/event.ts';
import type { DataState } from '../contract/strategy.ts';

const FRESH: DataState = { isStale: false, staleReason: '', openGaps: 0 };

/** How the instruments' data stand, as data events tell it since the start. */
export class DataStates {
  readonly #stale = new Map<InstrumentKey | null, string>();
  readonly #gaps = new Map<InstrumentKey | null, Set<string>>();

  change(instrument: InstrumentKey | null, change: DataChange): void {
    switch (change.kind) {
      case 'stale':
        this.#stale.set(instrument, change.reason);
        break;
      case 'fresh':
        this.#stale.delete(instrument);
        break;
      case 'gap-opened':
        this.#gapsOf(instrument).add(change.gapId);
        break;
      case 'gap-closed':
        this.#gapsOf(instrument).delete(change.gapId);
        break;
    }
  }

  /** What is told of all instruments holds for each. */
  of(instrument: InstrumentKey): DataState {
    if (this.#stale.size === 0 && this.#gaps.size === 0) return FRESH;
    const reason = this.#stale.get(instrument) ?? this.#stale.get(null);
    return {
      isStale: reason !== undefined,
      staleReason: reason ?? '',
      openGaps: (this.#gaps.get(instrument)?.size ?? 0) + (this.#gaps.get(null)?.size ?? 0),
    };
  }

  #gapsOf(instrument: InstrumentKey | null): Set<string> {
    let gaps = this.#gaps.get(instrument);
    if (gaps === undefined) this.#gaps.set(instrument, (gaps = new Set()));
    return gaps;
  }
}
