import type { FrameTime, Gap, GapCause, GapState, MutableGap } from './gap.ts';

/** How many gaps of an instrument are kept apart; beyond it the two oldest neighbours of a kind become one row. */
export const MAX_OPEN_GAPS = 256;

/** How many filled gaps are remembered; the oldest is forgotten, also as a change if nobody ever heard of it. */
export const MAX_FILLED_GAPS = 1000;

/** What a new gap is made of. Ends that are not known are left out. */
export interface GapStart {
  readonly instrument: string;
  readonly cause: GapCause;
  readonly fromMicros: number;
  readonly toMicros?: number;
  readonly fromId?: number;
  readonly toId?: number;
  /** Of an earlier gap that it is split off. */
  readonly opened?: FrameTime;
  readonly state?: GapState;
  readonly reason?: string;
}

function gapIdOf(start: GapStart, offset: number): string {
  const { fromId = -1 } = start;
  return `${offset}-${start.instrument}-${fromId >= 0 ? fromId : `t${start.fromMicros}`}`;
}

/** Gaps are neighbours of a kind when one row can stand for both without claiming anything new about them. */
function isMergeable(gap: Gap): boolean {
  return gap.toMicros >= 0 && gap.fromId >= 0 === gap.toId >= 0;
}

function kindOf(gap: Gap): string {
  return `${gap.state} ${gap.fromId >= 0}`;
}

/** The rows of all gaps: which are not filled, by instrument, and which changed since somebody asked. */
export class GapRows {
  readonly #unfilled = new Map<string, MutableGap[]>();
  readonly #filled: MutableGap[] = [];
  readonly #changed = new Map<string, MutableGap>();
  readonly #told = new WeakSet<MutableGap>();
  #changes = 0;
  // Span by instrument key whose completeness changed.
  readonly #spans = new Map<string, { fromMicros: number; toMicros: number; since: number }>();

  /** Rises with every change. */
  get changes(): number {
    return this.#changes;
  }

  /** The instrument's gaps that are not filled, in order of opening. Not to be changed by the caller. */
  of(instrument: string): readonly MutableGap[] {
    return this.#unfilled.get(instrument) ?? [];
  }

  /** All that are not filled, and the filled ones that are remembered, in order of opening. */
  list(): MutableGap[] {
    const all = [...this.#filled, ...[...this.#unfilled.values()].flat()];
    return all.toSorted((a, b) => a.openedOffset - b.openedOffset || (a.id < b.id ? -1 : 1));
  }

  find(id: string): MutableGap | undefined {
    for (const gaps of this.#unfilled.values()) {
      const found = gaps.find((gap) => gap.id === id);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  open(start: GapStart, frame: FrameTime): MutableGap {
    const gap: MutableGap = {
      id: gapIdOf(start, frame.offset),
      instrument: start.instrument,
      fromMicros: start.fromMicros,
      toMicros: start.toMicros ?? -1,
      fromId: start.fromId ?? -1,
      toId: start.toId ?? -1,
      cause: start.cause,
      state: start.state ?? 'open',
      openedOffset: (start.opened ?? frame).offset,
      version: frame.offset,
      openedMicros: (start.opened ?? frame).receiveMicros,
      ...(start.reason === undefined ? {} : { reason: start.reason }),
    };
    this.#keep(gap);
    this.#note(gap, true);
    this.#bound(gap.instrument, frame.offset);
    return gap;
  }

  /** Changes a gap that stays unfilled. */
  change(gap: MutableGap, fields: Partial<Omit<MutableGap, 'id' | 'instrument'>>, offset: number): void {
    // Who takes it in hand, and why, is nothing to the candles.
    const isMoved = Object.keys(fields).some((field) => field !== 'state' && field !== 'reason');
    const isMarked = isMoved || fields.state === 'filled';
    if (isMarked) this.#mark(gap, offset);
    Object.assign(gap, fields, { version: offset });
    this.#note(gap, isMarked);
  }

  /** A gap that one and the same frame opens and fills was never one: it leaves no row, unless somebody heard of it. */
  fill(gap: MutableGap, reason: string, offset: number): void {
    this.change(gap, { state: 'filled', reason }, offset);
    const gaps = this.#unfilled.get(gap.instrument) ?? [];
    gaps.splice(gaps.indexOf(gap), 1);
    if (gap.openedOffset === offset && !this.#told.has(gap)) this.#changed.delete(gap.id);
    else this.#remember(gap);
  }

  /** Puts back stored rows as they are; they count as told. */
  load(gaps: readonly Gap[]): void {
    for (const row of gaps) {
      const gap = { ...row };
      this.#told.add(gap);
      if (gap.state === 'filled') this.#remember(gap);
      else this.#keep(gap);
    }
  }

  /** Copies of the rows that changed since the last call. */
  takeChanges(): Gap[] {
    const rows = [...this.#changed.values()].map((gap) => {
      this.#told.add(gap);
      return { ...gap };
    });
    this.#changed.clear();
    return rows;
  }

  /** Per instrument key, the span of time that holds every change of completeness since the last call. */
  takeSpans(): Map<string, { fromMicros: number; toMicros: number; since: number }> {
    const spans = new Map(this.#spans);
    this.#spans.clear();
    return spans;
  }

  #keep(gap: MutableGap): void {
    const gaps = this.#unfilled.get(gap.instrument);
    if (gaps === undefined) this.#unfilled.set(gap.instrument, [gap]);
    else gaps.push(gap);
  }

  #remember(gap: MutableGap): void {
    this.#filled.push(gap);
    if (this.#filled.length <= MAX_FILLED_GAPS) return;
    const [forgotten] = this.#filled.splice(0, 1);
    if (!this.#told.has(forgotten)) this.#changed.delete(forgotten.id);
  }

  #note(gap: MutableGap, isMarked: boolean): void {
    this.#changes += 1;
    this.#changed.set(gap.id, gap);
    if (isMarked) this.#mark(gap, gap.version);
  }

  #mark(gap: MutableGap, offset: number): void {
    const { fromMicros } = gap;
    const toMicros = gap.toMicros < 0 ? Number.MAX_SAFE_INTEGER : gap.toMicros;
    const span = this.#spans.get(gap.instrument);
    this.#spans.set(gap.instrument, {
      fromMicros: Math.min(fromMicros, span?.fromMicros ?? fromMicros),
      toMicros: Math.max(toMicros, span?.toMicros ?? toMicros),
      since: Math.min(offset, span?.since ?? offset),
    });
  }

  /** Merges the two oldest neighbours of a kind when an instrument has too many gaps. */
  #bound(instrument: string, offset: number): void {
    const gaps = this.of(instrument);
    if (gaps.length <= MAX_OPEN_GAPS) return;
    const candidates = gaps
      .filter(isMergeable)
      .toSorted((a, b) => a.fromMicros - b.fromMicros || a.fromId - b.fromId);
    for (const older of candidates) {
      const newer = candidates.find((gap) => gap !== older && kindOf(gap) === kindOf(older));
      if (newer === undefined) continue;
      this.change(
        older,
        {
          fromMicros: Math.min(older.fromMicros, newer.fromMicros),
          toMicros: Math.max(older.toMicros, newer.toMicros),
          fromId: Math.min(older.fromId, newer.fromId),
          toId: Math.max(older.toId, newer.toId),
        },
        offset,
      );
      this.fill(newer, `merged into ${older.id}: too many gaps to keep apart`, offset);
      return;
    }
  }
}
