import type { JobRow, RunRow } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';
import type { Child } from '../dom/element.ts';
import { dateAndTime } from '../format/times.ts';
import { zone } from '../shell/clock.ts';
import { demandChange } from '../shell/command-dialog.ts';

const SHOWN_RUNS = 12;
const SHOWN_JOBS = 60;
const TONES: Readonly<Record<string, string>> = {
  failed: 'bad',
  cancelled: 'muted',
  skipped: 'muted',
  delayed: 'warn',
  succeeded: 'muted',
};

const isOpen = new Set<string>();

/** Runs with their jobs, each job with the runs it was expanded into. What was opened stays open. */
export function showJobs(target: HTMLElement, runs: readonly RunRow[] | undefined): void {
  if (runs === undefined)
    return fill(target, element('p', { class: 'empty' }, 'The ingestor does not tell its jobs now.'));
  if (runs.length === 0)
    return fill(
      target,
      element(
        'p',
        { class: 'empty' },
        'No job was enqueued. Recovery enqueues one per instrument at a start, and end of day its chain.',
      ),
    );
  const more = runs.length - SHOWN_RUNS;
  fill(
    target,
    element('ul', { class: 'tree' }, ...runs.slice(0, SHOWN_RUNS).map(runItem)),
    more > 0 ? element('p', { class: 'empty' }, `and ${more} older runs: npx tickwright jobs`) : null,
  );
}

function counts(run: RunRow): string {
  if (run.state === 'succeeded') return run.jobs.length === 1 ? '1 job' : `${run.jobs.length} jobs`;
  return Object.entries(run.counts)
    .map(([state, count]) => `${count} ${state}`)
    .join(', ');
}

function runItem(run: RunRow): HTMLElement {
  return branch(
    run.id,
    [
      element('b', {}, run.name),
      ` ${run.state}`,
      element(
        'span',
        { class: 'muted' },
        ` ${counts(run)}, ${dateAndTime(run.enqueuedMicros / 1_000, zone())}`,
      ),
    ],
    run.jobs,
    run.state === 'failed' ? 'bad' : undefined,
  );
}

function jobItem(job: JobRow): HTMLElement {
  const { progress } = job;
  const meter =
    progress === undefined
      ? null
      : element('progress', {
          max: Math.max(1, progress.total),
          value: progress.done,
          'aria-label': `Progress of ${job.key}`,
        });
  const detail = [
    progress?.note,
    job.reason,
    job.failures > 0 ? `${job.failures} of ${job.maxTries} tries failed` : undefined,
  ]
    .filter((text) => text !== undefined && text !== '')
    .join('; ');
  const canRetry = job.state === 'failed' || job.state === 'cancelled';
  const retry = canRetry
    ? element(
        'button',
        { type: 'button', class: 'button small', on: { click: () => retryJob(job) } },
        'Retry',
      )
    : null;
  const content: Child[] = [
    element('span', {}, job.key),
    ` ${job.state} `,
    meter,
    element('span', { class: 'muted' }, detail),
    retry,
  ];
  const runs = job.runs ?? [];
  if (runs.length === 0) return element('li', { 'data-tone': TONES[job.state] }, ...content);
  return branch(
    job.id,
    content,
    runs.flatMap((run) => run.jobs),
    TONES[job.state],
  );
}

function branch(
  id: string,
  summary: readonly Child[],
  jobs: readonly JobRow[],
  tone: string | undefined,
): HTMLElement {
  const details = element('details', {}, element('summary', {}, ...summary));
  const list = element('ul');
  const open = (): void => {
    if (list.childElementCount > 0) return;
    const more = jobs.length - SHOWN_JOBS;
    fill(
      list,
      ...jobs.slice(0, SHOWN_JOBS).map(jobItem),
      more > 0 ? element('li', { class: 'muted' }, `and ${more} more`) : null,
    );
    details.append(list);
  };
  details.addEventListener('toggle', () => {
    if (details.open) {
      isOpen.add(id);
      open();
    } else isOpen.delete(id);
  });
  details.open = isOpen.has(id);
  if (details.open) open();
  return element('li', { 'data-tone': tone }, details);
}

function retryJob(job: JobRow): void {
  demandChange({
    title: `Try ${job.key} anew?`,
    detail: 'The job is enqueued again with all its tries.',
    verb: 'Retry',
    path: 'ingestor/jobs/retry',
    query: { id: job.id },
  });
}
