import { Cron } from 'croner';
import type { Clock, Log } from '@tickwright/runtime';
import { TickwrightError, ExitCode } from '@tickwright/runtime';

/** A sleep at a time: a wall clock that was set is noticed by then. */
const LOOK_MS = 60_000;

/** When to do something: a cron pattern in a venue's time zone. */
export interface Schedule {
  /** Five fields, or six with seconds first: `0 30 15 * * 1-5`. */
  readonly pattern: string;
  /** IANA, `Asia/Kolkata`. */
  readonly timeZone: string;
}

/** A pattern or a time zone that cannot be read. */
export class ScheduleError extends TickwrightError {
  constructor(schedule: Schedule, cause: unknown) {
    const found = cause instanceof Error ? cause.message : String(cause);
    super(`cannot read the schedule "${schedule.pattern}" in ${schedule.timeZone}: ${found}`, {
      code: 'schedule',
      exitCode: ExitCode.configuration,
      cause,
    });
  }
}

/** The first time of a schedule after another, integer microseconds UTC; undefined when there is none. Errors: ScheduleError. */
export function nextTime(schedule: Schedule, afterMicros: number): number | undefined {
  try {
    const cron = new Cron(schedule.pattern, { timezone: schedule.timeZone, paused: true });
    const next = cron.nextRun(new Date(afterMicros / 1_000));
    return next === null ? undefined : next.getTime() * 1_000;
  } catch (error) {
    throw new ScheduleError(schedule, error);
  }
}

/**
 * Calls `work` at each time of a schedule, one call after the other; a time that passes during a call or a standstill is
 * made up for once. Until the signal is aborted.
 */
export async function onSchedule(
  schedule: Schedule,
  options: {
    readonly clock: Clock;
    readonly log: Log;
    readonly signal: AbortSignal;
    readonly work: (dueMicros: number) => Promise<void>;
  },
): Promise<void> {
  const { clock, log, signal, work } = options;
  let due = nextTime(schedule, clock.nowMicros());
  while (due !== undefined && !signal.aborted) {
    const waitMs = (due - clock.nowMicros()) / 1_000;
    if (waitMs > 0) {
      await clock.sleep(Math.min(waitMs, LOOK_MS), signal).catch(() => undefined);
      continue;
    }
    try {
      await work(due);
    } catch (error) {
      log.error({ error: String(error), ...schedule }, 'scheduled work failed');
    }
    due = nextTime(schedule, Math.max(due, clock.nowMicros()));
  }
}
