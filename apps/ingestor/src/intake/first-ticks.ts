import { ToldBy, VenueRowKind, spanRow } from '@tickwright/market';
import type { Arrival, HoleListener, VenueRow } from '@tickwright/market';

/**
 * Hears of an instrument's first tick ever, beside whoever listens, and notes that nothing was seen of it before: there the
 * venue's own candles stand.
 */
export class FirstTicks implements HoleListener {
  readonly #next: HoleListener;
  #rows: VenueRow[] = [];

  constructor(next: HoleListener) {
    this.#next = next;
  }

  take(): VenueRow[] {
    const rows = this.#rows;
    if (rows.length > 0) this.#rows = [];
    return rows;
  }

  first(instrument: number, arrival: Arrival): void {
    const { eventMicros: toMicros, receiveMicros, offset } = arrival;
    const kind = VenueRowKind.unseen;
    const span = { instrument, kind, minutes: 1, fromMicros: 0, toMicros };
    this.#rows.push(spanRow({ ...span, by: ToldBy.fold, receiveMicros, offset, index: 0 }));
    this.#next.first(instrument, arrival);
  }

  hole(...told: Parameters<HoleListener['hole']>): void {
    this.#next.hole(...told);
  }

  ahead(...told: Parameters<HoleListener['ahead']>): void {
    this.#next.ahead(...told);
  }

  covered(...told: Parameters<HoleListener['covered']>): void {
    this.#next.covered(...told);
  }

  givenUp(...told: Parameters<HoleListener['givenUp']>): void {
    this.#next.givenUp(...told);
  }

  ticked(...told: Parameters<HoleListener['ticked']>): void {
    this.#next.ticked(...told);
  }
}
