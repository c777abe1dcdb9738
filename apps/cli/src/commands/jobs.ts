import { ExitCode, systemClock } from '@tickwright/runtime';
import type { RunTree } from '@tickwright/jobs';
import { readableRuns, readableTree } from '../jobs-text.ts';
import { ownerOf } from '../owner.ts';
import type { Owner } from '../owner.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';

export interface JobsFlags extends CommonFlags {
  readonly action: 'list' | 'retry' | 'cancel';
  readonly id?: string;
  readonly tree?: boolean;
}

/** Lists the durable jobs, or acts on one: of the running ingestor, or of its state file while none runs. */
export async function jobsCommand(terminal: Terminal, flags: JobsFlags): Promise<number> {
  const { action, id } = flags;
  if (action !== 'list' && id === undefined)
    throw new UsageError(
      `jobs ${action} wants the id of a job or a run: "tickwright jobs --tree" lists them`,
    );
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, terminal);
  if (action !== 'list' && id !== undefined) {
    await act(owner, { action, id, terminal, log: () => logOf(terminal, config, 'jobs') });
    await print(
      terminal.stdout,
      flags.json === true ? `${JSON.stringify({ id, done: action })}\n` : `${action}: ${id}\n`,
    );
    return ExitCode.ok;
  }
  const runs = await treeOf(owner, () => logOf(terminal, config, 'jobs'));
  await print(terminal.stdout, textOf(runs, flags));
  return ExitCode.ok;
}

function textOf(runs: readonly RunTree[], { json, tree }: JobsFlags): string {
  if (json === true) return `${JSON.stringify({ runs }, null, 2)}\n`;
  return tree === true ? readableTree(runs) : readableRuns(runs, systemClock.nowMicros());
}

async function treeOf(owner: Owner, log: () => ReturnType<typeof logOf>): Promise<readonly RunTree[]> {
  if (owner.kind === 'running') {
    const { runs } = (await (await owner.ask('/api/v1/jobs/tree')).json()) as { runs: RunTree[] };
    return runs;
  }
  const { Jobs } = await import('@tickwright/ingestor');
  await using owned = await owner.open('jobs');
  await using jobs = await Jobs.open({
    database: owned.core.stateDatabase,
    clock: systemClock,
    log: log(),
  });
  const { view } = jobs.queue;
  return view.runs().map((run) => view.hierarchy(run.id));
}

async function act(
  owner: Owner,
  asked: { action: 'retry' | 'cancel'; id: string; terminal: Terminal; log: () => ReturnType<typeof logOf> },
): Promise<void> {
  const { action, id, log } = asked;
  if (owner.kind === 'running') {
    await owner.ask(`/api/v1/jobs/${action}?id=${encodeURIComponent(id)}`, { method: 'POST' });
    return;
  }
  const { Jobs } = await import('@tickwright/ingestor');
  await using owned = await owner.open('jobs');
  await using jobs = await Jobs.open({ database: owned.core.stateDatabase, clock: systemClock, log: log() });
  if (action === 'retry') await jobs.queue.retry(id);
  else await jobs.queue.cancel(id, 'asked for');
}
