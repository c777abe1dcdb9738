import type { Calendars, SessionCalendar } from './session-calendar.ts';

/** By calendar number, the session that was asked for last: asking again within it is two comparisons. */
export class SessionSpans {
  readonly openMicros: number[] = [];
  readonly closeMicros: number[] = [];
  readonly #numbers = new Map<string, number>();
  readonly #calendars: SessionCalendar[] = [];
  readonly #source: Calendars;

  constructor(source: Calendars) {
    this.#source = source;
  }

  register(name: string): number {
    const known = this.#numbers.get(name);
    if (known !== undefined) return known;
    this.#numbers.set(name, this.#calendars.length);
    this.openMicros.push(Infinity);
    this.closeMicros.push(-Infinity);
    return this.#calendars.push(this.#source(name)) - 1;
  }

  /** Whether a time lies in a session; if so, `openMicros` and `closeMicros` of the calendar tell the session's span. */
  contains(calendar: number, micros: number): boolean {
    if (micros >= this.openMicros[calendar] && micros < this.closeMicros[calendar]) return true;
    const session = this.#calendars[calendar].sessionAt(micros);
    if (session === undefined) return false;
    this.openMicros[calendar] = session.openMicros;
    this.closeMicros[calendar] = session.closeMicros;
    return true;
  }
}
