import type { Json, JobSpec, RunSpec } from '@tickwright/jobs';
import type { ComparedInstrument } from './comparison.ts';
import type { SessionDay } from './session-days.ts';

export const END_OF_DAY = 'end of day';
const ID = 'end-of-day/';

/** The steps, by kind. */
export const STEPS = {
  seal: 'end-of-day.seal',
  compare: 'end-of-day.compare',
  ask: 'end-of-day.ask',
  report: 'end-of-day.report',
  compact: 'end-of-day.compact',
  backUp: 'end-of-day.back-up',
  prune: 'end-of-day.prune',
} as const;

/** A venue may be away for an hour, and its history lags. */
const ASK_RETRY = { maxTries: 12, minDelayMs: 2_000, maxDelayMs: 600_000 };
/** A disk that is full is given some hours. */
const FILE_RETRY = { maxTries: 20, minDelayMs: 1_000, maxDelayMs: 600_000 };

export function runIdOf({ calendar, date }: Pick<SessionDay, 'calendar' | 'date'>): string {
  return `${ID}${calendar}/${date}`;
}

/**
 * What is done after a day's last close: seal, compare, compact, back up, prune. A venue that cannot be asked holds up the
 * comparison alone, and a backup that cannot be made does not keep old things from going.
 */
export function endOfDayRun(day: SessionDay): RunSpec {
  const input: Json = { ...day };
  const file = (key: string, kind: string, dependsOn: string[]): JobSpec => ({
    key,
    kind,
    input,
    dependsOn,
    retry: FILE_RETRY,
  });
  return {
    name: END_OF_DAY,
    id: runIdOf(day),
    jobs: [
      file('seal', STEPS.seal, []),
      { key: 'compare', kind: STEPS.compare, input, dependsOn: ['seal'], retry: ASK_RETRY },
      file('compact', STEPS.compact, ['seal']),
      file('back-up', STEPS.backUp, ['compact']),
      file('prune', STEPS.prune, ['compact']),
    ],
  };
}

/** Below `compare`: each instrument is asked for on its own, then all is compared. */
export function compareRun(day: SessionDay, instruments: readonly ComparedInstrument[]): Omit<RunSpec, 'id'> {
  const asks = instruments.map((one): JobSpec => ({
    key: one.instrument,
    kind: STEPS.ask,
    input: { ...one },
    retry: ASK_RETRY,
  }));
  const report: JobSpec = {
    key: 'report',
    kind: STEPS.report,
    input: { ...day },
    dependsOn: instruments.map(({ instrument }) => instrument),
    retry: FILE_RETRY,
  };
  return { name: 'compare', jobs: [...asks, report] };
}

/** The day that a job was given. */
export function dayIn(input: Json): SessionDay {
  // Written by `endOfDayRun` of this program, or the one before it: the shape is our own.
  return input as unknown as SessionDay;
}
