/** A tick as the gap ledger hears of it. Times are microseconds UTC, `id` is -1 where the venue has none. */
export interface Arrival {
  readonly id: number;
  readonly eventMicros: number;
  readonly receiveMicros: number;
  /** Offset of its frame in the journal. */
  readonly offset: number;
}

/** Ids that are missing between two ticks, and the times of these two. */
export interface Hole {
  readonly fromId: number;
  readonly toId: number;
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Of the tick that showed it. */
  readonly offset: number;
  readonly receiveMicros: number;
}

/**
 * Hears of what changes coverage, tick by tick in arrival order, while the de-duplicator judges a batch: what it hears
 * does not depend on how ticks are cut into batches. `instrument` is a number of the InstrumentTable. Contiguous ids,
 * the normal case, are not told.
 */
export interface HoleListener {
  /** The first tick ever of an instrument. */
  first(instrument: number, arrival: Arrival): void;
  /** Ids turned out to be missing, above the newest or below the oldest so far. */
  hole(instrument: number, hole: Hole): void;
  /** The venue says how far its ids go: those of the hole, above the newest so far, have not come. */
  ahead(instrument: number, hole: Hole): void;
  /** An older id arrived: some hole is smaller now, or whole. */
  covered(instrument: number, arrival: Arrival): void;
  /** There are too many holes: the oldest is forgotten, its ids count as covered and will be taken for duplicates. */
  givenUp(instrument: number, range: Pick<Hole, 'fromId' | 'toId' | 'offset' | 'receiveMicros'>): void;
  /** A tick of a watched instrument was accepted. */
  ticked(instrument: number, arrival: Arrival): void;
}
