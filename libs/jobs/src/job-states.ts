import type { JobGraph } from './job-graph.ts';
import type { JobRecord, RunRecord } from './job-record.ts';
import type { JobId, JobState, JobView, RunState, RunTree, RunView } from './job.ts';

/**
 * What state jobs and runs are in at a time, as it follows from the graph. One instance is one look at a graph that does
 * not change meanwhile: what was found out once is kept.
 */
export class JobStates {
  readonly #graph: JobGraph;
  readonly #nowMicros: number;
  readonly #known = new Map<JobId, JobState>();

  constructor(graph: JobGraph, nowMicros: number) {
    this.#graph = graph;
    this.#nowMicros = nowMicros;
  }

  of(job: JobRecord): JobState {
    const known = this.#known.get(job.id);
    if (known !== undefined) return known;
    // In a run, what a job depends on stands before it: a chain of thousands needs no recursion then.
    const run = this.#graph.run(job.run);
    for (const each of run === undefined ? [] : this.#graph.jobsOf(run))
      this.#known.set(each.id, this.#find(each));
    return this.#known.get(job.id) ?? 'cancelled';
  }

  ofRun(run: RunRecord): RunState {
    const states = new Set(this.#graph.jobsOf(run).map((job) => this.of(job)));
    const canGetOn = (['waiting', 'delayed', 'ready', 'running', 'expanded'] as const).some((state) =>
      states.has(state),
    );
    if (canGetOn) return 'running';
    if (states.has('failed')) return 'failed';
    return states.has('cancelled') || states.has('skipped') ? 'cancelled' : 'succeeded';
  }

  view(job: JobRecord): JobView {
    const state = this.of(job);
    const reason = this.#reason(job, state);
    return {
      id: job.id,
      run: job.run,
      key: job.spec.key,
      kind: job.spec.kind,
      input: job.spec.input,
      dependsOn: job.dependsOn,
      state,
      tries: job.tries,
      failures: job.failures,
      maxTries: job.spec.retry.maxTries,
      ...(job.worker === undefined ? {} : { worker: job.worker }),
      ...(state === 'delayed' ? { dueMicros: job.dueMicros } : {}),
      ...(reason === undefined ? {} : { reason }),
      ...(job.result === undefined ? {} : { result: job.result }),
      ...(job.progress === undefined ? {} : { progress: job.progress }),
      enqueuedMicros: job.enqueuedMicros,
      changedMicros: job.changedMicros,
    };
  }

  viewRun(run: RunRecord): RunView {
    const counts: Partial<Record<JobState, number>> = {};
    for (const job of this.#graph.jobsOf(run)) {
      const state = this.of(job);
      counts[state] = (counts[state] ?? 0) + 1;
    }
    const parent = run.parentJob === undefined ? undefined : this.#graph.job(run.parentJob);
    return {
      id: run.id,
      name: run.name,
      state: this.ofRun(run),
      ...(parent === undefined ? {} : { parentJob: parent.id, parentRun: parent.run }),
      enqueuedMicros: run.enqueuedMicros,
      counts,
    };
  }

  tree(run: RunRecord): RunTree {
    const jobs = this.#graph
      .jobsOf(run)
      .map((job) => ({ ...this.view(job), runs: this.#runsOf(job).map((each) => this.tree(each)) }));
    return { ...this.viewRun(run), jobs };
  }

  #find(job: JobRecord): JobState {
    if (job.settled === 'cancelled' || job.settled === 'failed') return job.settled;
    if (job.hasSucceeded) return 'succeeded';
    if (job.settled === 'completed') return this.#afterCompletion(job);
    if (job.lease !== undefined) return 'running';
    const before = job.dependsOn
      .flatMap((id) => this.#graph.job(id) ?? [])
      .map((each) => this.#known.get(each.id) ?? this.of(each));
    if (before.some((state) => state === 'failed' || state === 'cancelled' || state === 'skipped')) {
      return 'skipped';
    }
    if (before.some((state) => state !== 'succeeded')) return 'waiting';
    return job.dueMicros > this.#nowMicros ? 'delayed' : 'ready';
  }

  #afterCompletion(job: JobRecord): JobState {
    const states = this.#runsOf(job).map((run) => this.ofRun(run));
    return states.includes('running') ? 'expanded' : 'failed';
  }

  #runsOf(job: JobRecord): RunRecord[] {
    return job.runs.flatMap((id) => this.#graph.run(id) ?? []);
  }

  #reason(job: JobRecord, state: JobState): string | undefined {
    if (state === 'skipped') {
      const blocking = job.dependsOn
        .flatMap((id) => this.#graph.job(id) ?? [])
        .find((each) => ['failed', 'cancelled', 'skipped'].includes(this.of(each)));
      return `it depends on ${blocking?.spec.key ?? '?'}, which is ${blocking === undefined ? '?' : this.of(blocking)}`;
    }
    if (state === 'failed' && job.settled === 'completed') {
      const run = this.#runsOf(job).find((each) => this.ofRun(each) !== 'succeeded');
      return `its run ${run?.name ?? '?'} ${run === undefined ? '?' : this.ofRun(run)}`;
    }
    return job.reason;
  }
}
