import { instrumentKey } from '@tickwright/market';
import type { Gap } from '@tickwright/market';
import type { GapChangeEvent } from './source-event.ts';

/**
 * Turns gaps as they stand into what strategies are told: each opening and each end once. To them a gap is open while it
 * lasts; one that is over and waits to be filled makes its candles incomplete, and is nothing that happens now.
 */
export class GapTracker {
  readonly #instruments: ReadonlySet<string>;
  readonly #open = new Map<string, Gap>();

  constructor(instruments: Iterable<string>) {
    this.#instruments = new Set(instruments);
  }

  /** All gaps, or all of one instrument, as they stand: an open one that is no longer among them is filled. */
  takeAll(gaps: readonly Gap[], instrument?: string): GapChangeEvent[] {
    const ids = new Set(gaps.map(({ id }) => id));
    const forgotten = [...this.#open.values()].filter(
      (gap) => !ids.has(gap.id) && (instrument === undefined || gap.instrument === instrument),
    );
    const ended = forgotten.map((gap): Gap => ({ ...gap, state: 'filled' }));
    return this.take([...ended, ...gaps]);
  }

  /** Gaps that may have changed. */
  take(gaps: readonly Gap[]): GapChangeEvent[] {
    const events: GapChangeEvent[] = [];
    for (const gap of gaps) {
      if (!this.#instruments.has(gap.instrument)) continue;
      const { id: gapId, fromMicros, toMicros, cause, state } = gap;
      const instrument = instrumentKey(gap.instrument);
      if (toMicros < 0 && (state === 'open' || state === 'filling')) {
        if (!this.#open.has(gapId))
          events.push({ type: 'gap', instrument, change: { kind: 'gap-opened', gapId, fromMicros, cause } });
        this.#open.set(gapId, gap);
      } else if (this.#open.delete(gapId)) {
        const to = toMicros < 0 ? fromMicros : toMicros;
        const end = state === 'filled' ? 'filled' : 'unfillable';
        events.push({
          type: 'gap',
          instrument,
          change: { kind: 'gap-closed', gapId, toMicros: to, state: end },
        });
      }
    }
    return events;
  }
}
