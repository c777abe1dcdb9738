import type { JobState, JobView, RunTree } from '@tickwright/jobs';
import { duration, readableTime, table } from './formats.ts';

/** Runs listed at most, the newest ones; `--json` has all. */
const RUNS_LISTED_MAX = 20;
/** Jobs of one run printed at most. */
const JOBS_LISTED_MAX = 200;

const AMISS: ReadonlySet<JobState> = new Set(['failed', 'cancelled', 'skipped', 'delayed']);

/** The newest runs, one line each; what went wrong below. */
export function readableRuns(runs: readonly RunTree[], nowMicros: number): string {
  if (runs.length === 0) return 'no jobs\n';
  const shown = runs.slice(-RUNS_LISTED_MAX);
  const rows = shown.map((run) => {
    const jobs = allJobs(run);
    const done = jobs.filter(({ state }) => state === 'succeeded').length;
    return [
      run.id,
      run.state,
      `${done} of ${jobs.length}`,
      `${duration(Math.max(0, (nowMicros - run.enqueuedMicros) / 1_000))} ago`,
      jobs.find(({ state, reason }) => AMISS.has(state) && reason !== undefined && runlessReason(reason))
        ?.reason ?? '',
    ];
  });
  const more = runs.length - shown.length;
  const rest = more > 0 ? `and ${more} older runs (--json)\n` : '';
  return `${table(['run', 'state', 'jobs done', 'enqueued', 'what is amiss'], rows)}${rest}`;
}

/** Runs with their jobs and what these were expanded into, indented. */
export function readableTree(runs: readonly RunTree[]): string {
  if (runs.length === 0) return 'no jobs\n';
  return `${runs
    .slice(-RUNS_LISTED_MAX)
    .flatMap((run) => treeLines(run, ''))
    .join('\n')}\n`;
}

function treeLines(run: RunTree, indent: string): string[] {
  const shown = run.jobs.slice(0, JOBS_LISTED_MAX);
  const more = run.jobs.length - shown.length;
  const title = indent === '' ? run.id : run.name;
  return [
    `${indent}${title}  ${run.state}  ${readableTime(run.enqueuedMicros)}`,
    ...shown.flatMap((job) => [
      `${indent}  ${jobLine(job)}`,
      ...job.runs.flatMap((below) => treeLines(below, `${indent}    `)),
    ]),
    ...(more > 0 ? [`${indent}  and ${more} more jobs (--json)`] : []),
  ];
}

function jobLine(job: JobView): string {
  const { key, state, tries, maxTries, failures, reason, progress, result, dueMicros } = job;
  const parts = [
    progress !== undefined && state === 'running' ? `${progress.done} of ${progress.total}` : '',
    failures > 0 ? `${failures} of ${maxTries} tries failed` : tries > 1 ? `${tries} tries` : '',
    dueMicros === undefined ? '' : `again at ${readableTime(dueMicros)}`,
    typeof result === 'string' ? result : '',
    reason ?? '',
  ].filter((part) => part !== '');
  return `${key}  ${state}${parts.length === 0 ? '' : `  ${parts.join('; ')}`}`;
}

function allJobs(run: RunTree): JobView[] {
  return run.jobs.flatMap((job) => [job, ...job.runs.flatMap(allJobs)]);
}

/** A job above says only that the run below it failed. */
function runlessReason(reason: string): boolean {
  return !/^its run \S+ (failed|cancelled)$/.test(reason);
}
