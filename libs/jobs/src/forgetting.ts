import type { JobGraph } from './job-graph.ts';
import type { RunRecord } from './job-record.ts';
import { JobStates } from './job-states.ts';
import type { RunId } from './job.ts';

/** The runs that have ended and are old, or are more than may be kept; sub-runs go with the run above them. */
export function forgettable(
  graph: JobGraph,
  limits: { readonly nowMicros: number; readonly keptMicros: number; readonly runsMax: number },
): RunRecord[] {
  const states = new JobStates(graph, limits.nowMicros);
  const ended = [...graph.runs()].filter(
    (run) => run.parentJob === undefined && states.ofRun(run) !== 'running',
  );
  const surplus = Math.max(0, ended.length - limits.runsMax);
  return ended.filter(
    (run, index) => index < surplus || run.enqueuedMicros < limits.nowMicros - limits.keptMicros,
  );
}

/** A run and all runs below it. */
export function withSubRuns(graph: JobGraph, run: RunRecord): RunId[] {
  const below = graph
    .jobsOf(run)
    .flatMap((job) => job.runs)
    .flatMap((id) => graph.run(id) ?? []);
  return [run.id, ...below.flatMap((each) => withSubRuns(graph, each))];
}
