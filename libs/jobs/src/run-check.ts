import { DEFAULT_RETRY } from './job.ts';
import type { JobSpec, RunSpec } from './job.ts';
import type { EnqueuedJob } from './job-event.ts';
import { JobSpecError } from './errors.ts';

/** Jobs of one run. */
export const RUN_JOBS_MAX = 20_000;
/** Of a job's input as JSON. */
export const INPUT_BYTES_MAX = 64 * 1_024;

/**
 * The jobs of a run, complete and in an order in which each comes behind those it depends on. Errors: JobSpecError (a key
 * twice, an unknown dependency, a circle, too much of anything).
 */
export function checkedJobs({ name, jobs }: RunSpec): EnqueuedJob[] {
  if (jobs.length === 0) throw new JobSpecError(name, 'it has no jobs');
  if (jobs.length > RUN_JOBS_MAX) {
    throw new JobSpecError(name, `it has ${jobs.length} jobs, and ${RUN_JOBS_MAX} is the most`);
  }
  const specs = new Map<string, JobSpec>();
  for (const job of jobs) {
    if (specs.has(job.key)) throw new JobSpecError(name, `two of its jobs have the key "${job.key}"`);
    specs.set(job.key, job);
  }
  return inOrder(name, specs).map((job) => completed(name, job));
}

function completed(name: string, job: JobSpec): EnqueuedJob {
  const { key, kind, input = null, dependsOn = [] } = job;
  const bytes = Buffer.byteLength(JSON.stringify(input));
  if (bytes > INPUT_BYTES_MAX) {
    throw new JobSpecError(
      name,
      `the input of "${key}" has ${bytes} bytes, and ${INPUT_BYTES_MAX} is the most`,
    );
  }
  const retry = { ...DEFAULT_RETRY, ...job.retry };
  if (!(Number.isInteger(retry.maxTries) && retry.maxTries > 0)) {
    throw new JobSpecError(name, `"${key}" is to be tried ${retry.maxTries} times`);
  }
  if (!(retry.minDelayMs > 0 && retry.maxDelayMs >= retry.minDelayMs)) {
    throw new JobSpecError(
      name,
      `"${key}" waits from ${retry.minDelayMs} to ${retry.maxDelayMs} ms between tries`,
    );
  }
  return { key, kind, input, dependsOn: [...new Set(dependsOn)], retry };
}

/** Kahn's algorithm; of those that could come next, the one that was told first. */
function inOrder(name: string, specs: ReadonlyMap<string, JobSpec>): JobSpec[] {
  const unmet = new Map<string, number>();
  const dependents = new Map<string, string[]>();
  for (const { key, dependsOn = [] } of specs.values()) {
    const before = new Set(dependsOn);
    unmet.set(key, before.size);
    for (const each of before) {
      if (!specs.has(each)) throw new JobSpecError(name, `"${key}" depends on "${each}", which is not in it`);
      dependents.set(each, [...(dependents.get(each) ?? []), key]);
    }
  }
  const order = [...specs.values()].filter(({ key }) => unmet.get(key) === 0);
  for (const { key } of order) {
    for (const next of dependents.get(key) ?? []) {
      const left = (unmet.get(next) ?? 0) - 1;
      unmet.set(next, left);
      const spec = specs.get(next);
      // Grows while it is walked: what has become free comes behind.
      if (left === 0 && spec !== undefined) order.push(spec);
    }
  }
  if (order.length === specs.size) return order;
  const circle = [...specs.keys()].filter((key) => (unmet.get(key) ?? 0) > 0);
  throw new JobSpecError(name, `these jobs wait for each other: ${circle.slice(0, 5).join(', ')}`);
}
