import { calendars } from '@tickwright/market';
import type { Session, SessionCalendar } from '@tickwright/market';

/** When the simulated exchange trades. Times are milliseconds since 1970. */
export interface TradingDay {
  readonly date: string;
  /** Inclusive. */
  readonly openMs: number;
  /** Exclusive. */
  readonly closeMs: number;
}

export class Hours {
  readonly #calendar: SessionCalendar;

  constructor(name: 'nse' | 'always') {
    this.#calendar = calendars(name);
  }

  /** The session that has begun last. */
  current(nowMs: number): TradingDay | undefined {
    const micros = nowMs * 1000;
    return dayOf(this.#calendar.sessionAt(micros) ?? this.#calendar.previousSession(micros));
  }

  isOpen(nowMs: number): boolean {
    return this.#calendar.sessionAt(nowMs * 1000) !== undefined;
  }

  /** The sessions of a date, YYYY-MM-DD. */
  on(date: string): TradingDay[] {
    return this.#calendar.sessionsOn(date).flatMap((session) => dayOf(session) ?? []);
  }

  /** The date where the exchange is. */
  dateOf(nowMs: number): string {
    return this.#calendar.dateOf(nowMs * 1000);
  }
}

function dayOf(session: Session | undefined): TradingDay | undefined {
  if (session === undefined) return undefined;
  const { date, openMicros, closeMicros } = session;
  return { date, openMs: openMicros / 1000, closeMs: closeMicros / 1000 };
}
