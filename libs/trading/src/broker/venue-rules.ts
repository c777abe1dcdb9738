import type { Calendars, InstrumentKey, Session, SessionCalendar } from '@tickwright/market';
import type { EngineConfig } from '../contract/engine-config.ts';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import { feeVersionOn } from '../fees/fee-calculation.ts';
import type { FeeCharge, FeeSchedule } from '../fees/fee-schedule.ts';
import type { MatchRules } from './matching.ts';
import { squareOffMicros } from './session-times.ts';

/** The run's configuration as the paper venue asks it: rules, calendars, rates, times. */
export class VenueRules {
  readonly config: EngineConfig;
  readonly #calendars: Calendars;
  readonly #rules: Map<InstrumentKey, InstrumentRules>;
  readonly #schedules: Map<string, FeeSchedule>;

  /** The last one worked out of each calendar: it is asked for at every tick. */
  readonly #squareOffs = new Map<string, { readonly openMicros: number; readonly atMicros: number }>();

  constructor(config: EngineConfig, calendars: Calendars) {
    this.config = config;
    this.#calendars = calendars;
    this.#rules = new Map(config.instruments.map((rules) => [rules.instrument, rules]));
    this.#schedules = new Map(config.feeSchedules.map((schedule) => [schedule.name, schedule]));
  }

  of(instrument: InstrumentKey): InstrumentRules | undefined {
    return this.#rules.get(instrument);
  }

  /** Takes over changed rules of an instrument. */
  change(rules: InstrumentRules): void {
    this.#rules.set(rules.instrument, rules);
  }

  calendarOf(instrument: InstrumentKey): SessionCalendar | undefined {
    const rules = this.#rules.get(instrument);
    return rules === undefined ? undefined : this.#calendars(rules.calendar);
  }

  accountDate(micros: number): string {
    return this.#calendars(this.config.account.calendar).dateOf(micros);
  }

  /** The charges of an instrument's orders at a time; undefined where no rates are known. */
  charges(instrument: InstrumentKey, micros: number): readonly FeeCharge[] | undefined {
    const rules = this.#rules.get(instrument);
    const schedule = rules === undefined ? undefined : this.#schedules.get(rules.fees);
    const date = this.calendarOf(instrument)?.dateOf(micros);
    if (schedule === undefined || date === undefined) return undefined;
    return feeVersionOn(schedule, date)?.charges;
  }

  matchRules(rules: InstrumentRules): MatchRules {
    const { tickSize, lowerBand, upperBand } = rules;
    return { slippageBps: this.config.fills.slippageBps, tickSize, lowerBand, upperBand };
  }

  /** Whether positions of the session that contains the instant are squared off by now. */
  isSquaredOff(instrument: InstrumentKey, micros: number): boolean {
    const session = this.calendarOf(instrument)?.sessionAt(micros);
    const at = session === undefined ? undefined : this.#squareOffOf(instrument, session);
    return at !== undefined && micros >= at;
  }

  /** The last square-off time that has come, microseconds UTC; undefined where there is none. */
  lastSquareOff(instrument: InstrumentKey, micros: number): number | undefined {
    if (this.config.squareOff === null) return undefined;
    const calendar = this.calendarOf(instrument);
    const session = calendar?.sessionAt(micros);
    const today = session === undefined ? undefined : this.#squareOffOf(instrument, session);
    if (today !== undefined && today <= micros) return today;
    const before = calendar?.previousSession(micros);
    return before === undefined ? undefined : this.#squareOffOf(instrument, before);
  }

  #squareOffOf(instrument: InstrumentKey, session: Session): number | undefined {
    const { squareOff } = this.config;
    const calendar = this.calendarOf(instrument);
    if (squareOff === null || calendar === undefined) return undefined;
    const known = this.#squareOffs.get(calendar.name);
    if (known?.openMicros === session.openMicros) return known.atMicros;
    const atMicros = squareOffMicros(session, squareOff, calendar);
    this.#squareOffs.set(calendar.name, { openMicros: session.openMicros, atMicros });
    return atMicros;
  }
}
