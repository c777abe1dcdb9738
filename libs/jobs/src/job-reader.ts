import type { Clock } from '@tickwright/runtime';
import { JobUnknownError } from './errors.ts';
import type { JobGraph } from './job-graph.ts';
import type { JobRecord, RunRecord } from './job-record.ts';
import { JobStates } from './job-states.ts';
import type { JobId, JobState, JobView, RunId, RunState, RunTree, RunView } from './job.ts';

/** Jobs and runs as they stand, for people and for workflows. Reads memory only. */
export class JobReader {
  readonly #graph: JobGraph;
  readonly #clock: Clock;

  constructor(graph: JobGraph, clock: Clock) {
    this.#graph = graph;
    this.#clock = clock;
  }

  /** Errors: JobUnknownError. */
  job(id: JobId): JobView {
    return this.#states().view(this.#record(id));
  }

  /** All jobs, those of one run, or those in one state, in the order in which they were enqueued. */
  jobs(filter: { readonly run?: RunId; readonly state?: JobState } = {}): JobView[] {
    const states = this.#states();
    const run = filter.run === undefined ? undefined : this.#graph.run(filter.run);
    const all = filter.run === undefined ? [...this.#graph.jobs()] : run && this.#graph.jobsOf(run);
    return (all ?? [])
      .map((job) => states.view(job))
      .filter((job) => filter.state === undefined || job.state === filter.state);
  }

  hasRun(id: RunId): boolean {
    return this.#graph.run(id) !== undefined;
  }

  /** Errors: JobUnknownError. */
  run(id: RunId): RunView {
    return this.#states().viewRun(this.#run(id));
  }

  /** The runs that are no sub-runs, oldest first; all of them when asked for. */
  runs(options: { readonly withSubRuns?: boolean } = {}): RunView[] {
    const states = this.#states();
    return [...this.#graph.runs()]
      .filter((run) => options.withSubRuns === true || run.parentJob === undefined)
      .map((run) => states.viewRun(run));
  }

  runState(id: RunId): RunState {
    return this.#states().ofRun(this.#run(id));
  }

  /** The jobs that a job was expanded into, of all its sub-runs. Errors: JobUnknownError. */
  children(id: JobId): JobView[] {
    const states = this.#states();
    return this.#record(id)
      .runs.flatMap((run) => this.#graph.run(run) ?? [])
      .flatMap((run) => this.#graph.jobsOf(run))
      .map((job) => states.view(job));
  }

  /** A run with everything below it. Errors: JobUnknownError. */
  hierarchy(id: RunId): RunTree {
    return this.#states().tree(this.#run(id));
  }

  #states(): JobStates {
    return new JobStates(this.#graph, this.#clock.nowMicros());
  }

  #record(id: JobId): JobRecord {
    const job = this.#graph.job(id);
    if (job === undefined) throw new JobUnknownError('job', id);
    return job;
  }

  #run(id: RunId): RunRecord {
    const run = this.#graph.run(id);
    if (run === undefined) throw new JobUnknownError('run', id);
    return run;
  }
}
