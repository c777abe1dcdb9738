import { MINUTE_MICROS, intervalMicros } from '@tickwright/market';
import type { Session, SessionCalendar } from '@tickwright/market';
import type { Candle, StrategyContext } from '@tickwright/trading';

/** The session a candle is in, as far as it was seen. */
export interface AnchoredSession {
  readonly session: Session;
  /** This candle is the first one of it. */
  readonly isFirst: boolean;
  /**
   * It was seen from its open: the first candle of it begins there. Where nothing traded in the first span this is false
   * although nothing is missing, for the two cannot be told apart.
   */
  readonly isWhole: boolean;
}

/** Follows candles through sessions, for what is anchored to a session's open. */
export class SessionAnchor {
  readonly #calendar: SessionCalendar;
  #session: Session | undefined;
  #isWhole = false;

  constructor(calendar: SessionCalendar) {
    this.#calendar = calendar;
  }

  /** Undefined outside every session. */
  enter(candle: Candle): AnchoredSession | undefined {
    const isInside = this.#session !== undefined && candle.openMicros < this.#session.closeMicros;
    const session = isInside ? this.#session : this.#calendar.sessionAt(candle.openMicros);
    if (session === undefined) return undefined;
    const isFirst = session.openMicros !== this.#session?.openMicros;
    if (isFirst) this.#isWhole = candle.openMicros === session.openMicros;
    this.#session = session;
    return { session, isFirst, isWhole: this.#isWhole };
  }
}

const DAY_MINUTES = 1440;

/** How many candles of the interval an ordinary session has at most: what a session-anchored strategy must remember. */
export function sessionCandles({ calendar, interval }: StrategyContext): number {
  return Math.ceil((sessionMinutes(calendar) * MINUTE_MICROS) / intervalMicros(interval));
}

function sessionMinutes(calendar: SessionCalendar): number {
  const years = calendar.coverage();
  if (years === undefined) return DAY_MINUTES;
  const from = Date.UTC(years.lastYear, 0, 1) * 1000;
  const sessions = calendar.sessionsBetween(from, from + 14 * DAY_MINUTES * MINUTE_MICROS);
  const lengths = sessions.map(({ openMicros, closeMicros }) => (closeMicros - openMicros) / MINUTE_MICROS);
  return Math.max(1, ...lengths);
}
