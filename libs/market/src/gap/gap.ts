export type GapCause = 'start' | 'disconnect' | 'stale' | 'sequence' | 'crash' | 'disk';
export type GapState = 'open' | 'filling' | 'filled' | 'unfillable';

/**
 * A span of one instrument's time in which ticks are or may be missing. Both ends are inclusive: a missing tick may
 * have the time of its neighbour.
 */
export interface Gap {
  /** Made of the offset, the instrument and what the gap begins with: the same in every fold of one journal. */
  readonly id: string;
  /** The instrument's key. */
  readonly instrument: string;
  readonly fromMicros: number;
  /** -1 while it lasts. */
  readonly toMicros: number;
  /** The first missing id, or -1 where it is not known or the venue has none. */
  readonly fromId: number;
  /** The last missing id, or -1. */
  readonly toId: number;
  readonly cause: GapCause;
  readonly state: GapState;
  /** Why it is in this state. */
  readonly reason?: string;
  /** Journal offset at which it was opened. */
  readonly openedOffset: number;
  /** Journal offset of its last change: the newer wins. */
  readonly version: number;
  /** receiveTime of what opened it. */
  readonly openedMicros: number;
}

/** When and where in the journal something happened. */
export interface FrameTime {
  readonly receiveMicros: number;
  readonly offset: number;
}

/** A span of time whose completeness changed; an open end is Number.MAX_SAFE_INTEGER. */
export interface GapSpan {
  /** Number in the InstrumentTable. */
  readonly instrument: number;
  readonly fromMicros: number;
  readonly toMicros: number;
  /** Journal offset of the first of the changes. */
  readonly since: number;
}

/** A gap as its owner changes it. */
export type MutableGap = { -readonly [Field in keyof Gap]: Gap[Field] };
