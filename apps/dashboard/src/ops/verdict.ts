import type { Overview } from '../api/answers.ts';
import type { IngestorStatus } from '../api/ingestor-status.ts';
import type { Ops } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';

export interface Known {
  readonly overview: Overview | undefined;
  readonly ops: Ops | undefined;
  /** undefined: the ingestor does not answer. */
  readonly status: IngestorStatus | undefined;
}

/** Everything that is wrong, the worst first; empty when nothing is. */
export function problemsOf({ overview, ops, status }: Known): readonly string[] {
  const problems: string[] = [];
  for (const { name, state, reason } of ops?.processes ?? [])
    if (state !== 'up') problems.push(`The ${name} is ${state}${reason === '' ? '' : `: ${reason}`}.`);
  if (overview !== undefined && overview.data.state !== 'OK')
    problems.push(`Data are ${overview.data.state}: ${overview.data.reason}.`);
  for (const reason of status?.reasons ?? []) problems.push(`Ingestor: ${reason}.`);
  if (overview !== undefined && overview.candles.state !== 'live')
    problems.push(`The runner's candles are ${overview.candles.state}: ${overview.candles.reason}.`);
  const ledger = ops?.runner.ledger;
  if (ledger !== undefined && ledger.state !== 'ok')
    problems.push(`The ledger takes nothing, trading waits: ${ledger.lastError ?? 'see the log'}.`);
  if (overview?.killed === true) problems.push('The kill switch is on: only orders that reduce are taken.');
  const stopped = [...(ops?.runner.services ?? []), ...(status?.services ?? [])].filter(
    ({ state }) => state === 'failed',
  );
  for (const { name } of stopped) problems.push(`The service "${name}" has failed.`);
  return [...new Set(problems)];
}

/** The verdict before everything else. */
export function showVerdict(target: HTMLElement, known: Known): void {
  const problems = problemsOf(known);
  const isKnown = known.ops !== undefined && known.overview !== undefined;
  target.dataset['verdict'] = !isKnown ? 'unknown' : problems.length === 0 ? 'good' : 'bad';
  const title = !isKnown
    ? 'Nothing is known yet'
    : problems.length === 0
      ? 'All is well'
      : problems.length === 1
        ? 'One thing is wrong'
        : `${problems.length} things are wrong`;
  const detail =
    problems.length === 0
      ? element(
          'p',
          { class: 'muted' },
          isKnown
            ? 'Ticks come, are stored and published, and the runner works on them.'
            : 'Waiting for the runner to tell.',
        )
      : element('ul', {}, ...problems.map((problem) => element('li', {}, problem)));
  const text = `${title} ${problems.join(' ')}`;
  if (target.dataset['text'] === text) return;
  target.dataset['text'] = text;
  fill(target, element('h2', {}, title), detail);
}
