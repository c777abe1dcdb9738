import { calendarNames, calendars } from '@tickwright/market';
import { JobPostponedError, onSchedule } from '@tickwright/jobs';
import type { JobContext, Json } from '@tickwright/jobs';
import type { Clock, Log, Service } from '@tickwright/runtime';
import type { Backups } from '@tickwright/upkeep';
import type { Core } from '../core.ts';
import type { DayWork } from '../day-work.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { jobError } from '../recovery/context.ts';
import type { VenueHistories } from '../recovery/venue-histories.ts';
import { askForDay, comparedInstruments, reportDay } from './comparison.ts';
import type { ComparedInstrument } from './comparison.ts';
import { STEPS, compareRun, dayIn, endOfDayRun, runIdOf } from './day-run.ts';
import { endedDays } from './session-days.ts';
import type { SessionDay } from './session-days.ts';

/** Whether a day has ended is looked at every five minutes of the venue's clock. */
const PATTERN = '0 */5 * * * *';
const LANE = { name: 'end of day', workers: 2 };
const NOT_NOW_MS = 5_000;

export interface EndOfDayOptions {
  readonly core: Core;
  readonly jobs: Jobs;
  readonly histories: Pick<VenueHistories, 'of'>;
  readonly days: DayWork;
  readonly backups: Pick<Backups, 'make' | 'health'>;
  /** False where no backup is made unless it is asked for. */
  readonly makesBackups: boolean;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * What follows a venue's day, as durable jobs: each step does nothing when it was done before, so a run that is killed goes
 * on where it was. A day that ended while nothing ran is made up for at the next start, if anything of it is stored.
 */
export class EndOfDay {
  readonly #options: EndOfDayOptions;

  constructor(options: EndOfDayOptions) {
    this.#options = options;
    const { jobs, core } = options;
    const handle = (kind: string, work: (context: JobContext) => Promise<Json>): void =>
      jobs.handle(
        kind,
        async (context) => {
          if (!core.pipeline.isLive) {
            throw new JobPostponedError('the tick file is away: nothing is known of the day', {
              delayMs: NOT_NOW_MS,
            });
          }
          return await work(context);
        },
        LANE,
      );
    handle(STEPS.seal, ({ input, signal }) => this.#seal(dayIn(input), signal));
    handle(STEPS.compare, (context) => this.#compare(context));
    handle(STEPS.ask, (context) => this.#ask(context));
    handle(STEPS.report, ({ input, signal }) => reportDay(options, dayIn(input), signal));
    handle(STEPS.compact, () => this.#compact());
    handle(STEPS.backUp, ({ input, signal }) => this.#backUp(dayIn(input), signal));
    handle(STEPS.prune, () => this.#prune());
  }

  /** One for each calendar, by the clock of its zone. */
  services(): Service[] {
    const { clock, log } = this.#options;
    return calendarNames.map((name) => ({
      name: `end of day ${name}`,
      run: async (signal) => {
        const look = async (): Promise<void> => void (await this.look(name));
        await look().catch((error: unknown) =>
          log.warn({ error, calendar: name }, 'no end of day could be enqueued'),
        );
        const { timeZone } = calendars(name);
        await onSchedule({ pattern: PATTERN, timeZone }, { clock, log, signal, work: look });
      },
    }));
  }

  /** Enqueues the days of a calendar that have ended and of which something is stored; resolves to their runs. */
  async look(name: string): Promise<string[]> {
    const { core, jobs, clock } = this.#options;
    if (!core.pipeline.isLive || !core.instruments.list().some(({ calendar }) => calendar === name))
      return [];
    const { view } = jobs.queue;
    const open = endedDays(calendars(name), clock.nowMicros()).filter((day) => !view.hasRun(runIdOf(day)));
    const runs: string[] = [];
    for (const day of open) {
      if (await this.#hasAnything(day)) runs.push(await jobs.queue.enqueue(endOfDayRun(day)));
    }
    return runs;
  }

  /** Whether candles of its segments and its UTC date are published. */
  async #hasAnything({ calendar, fromMicros, toMicros }: SessionDay): Promise<boolean> {
    const { core } = this.#options;
    const of = core.instruments.list().filter((one) => one.calendar === calendar);
    const segments = new Set(of.map(({ segment }) => segment));
    return (await core.candleFiles.list()).some(
      ({ segment, from, to }) => segments.has(segment) && from < toMicros && to > fromMicros,
    );
  }

  async #seal(day: SessionDay, signal: AbortSignal): Promise<Json> {
    // What is not stored yet would stay behind in the live file, and be sealed with the next day.
    await this.#options.core.flusher.flush(signal);
    signal.throwIfAborted();
    return { parts: await this.#options.days.sealReceivedBefore(day.dueMicros) };
  }

  async #compare({ input, expand }: JobContext): Promise<Json> {
    const day = dayIn(input);
    const instruments = await comparedInstruments(this.#options, day);
    if (instruments.length > 0) await expand(compareRun(day, instruments));
    return { instruments: instruments.length };
  }

  async #ask({ input, tries, signal }: JobContext): Promise<Json> {
    // Written by `compareRun`.
    const asked = input as unknown as ComparedInstrument;
    try {
      return await askForDay(this.#options, { ...asked, tries, signal });
    } catch (error) {
      throw jobError(error);
    }
  }

  async #compact(): Promise<Json> {
    return { days: await this.#options.days.finishDays() };
  }

  /** One that was made since the day ended holds all of it. */
  async #backUp(day: SessionDay, signal: AbortSignal): Promise<Json> {
    const { backups, makesBackups } = this.#options;
    if (!makesBackups) return { made: null, reason: 'backups are switched off' };
    if (backups.health.lastMicros >= day.dueMicros) return { made: backups.health.lastName ?? null };
    return { made: (await backups.make('session closed', signal)).name };
  }

  async #prune(): Promise<Json> {
    await this.#options.days.prune();
    return null;
  }
}
