import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { systemClock } from '@tickwright/runtime';
import { afterEach, expect, test } from 'vitest';
import { QueueRig, removeFolders, temporaryFolder } from './queue-fixture.ts';

afterEach(removeFolders);

const asked = Number(process.env['TICKWRIGHT_FAULT_ROUNDS']);
const KILLS = Number.isInteger(asked) && asked > 0 ? asked : 4;
const CHILD = fileURLToPath(new URL('testing/jobs-child.ts', import.meta.url));

interface Child {
  readonly ended: Promise<unknown[]>;
  kill(): void;
}

async function work(database: string, journal: string): Promise<Child> {
  const flags = ['--conditions=@tickwright/source', '--import', 'tsx'];
  const child = spawn(process.execPath, [...flags, CHILD, database, journal], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const ended = once(child, 'exit');
  await Promise.race([once(child.stdout, 'data'), ended]);
  return { ended, kill: () => child.kill('SIGKILL') };
}

test(
  'workers killed at any moment: every job is done, none is begun again once it is known to be done, and the tree is whole',
  async () => {
    // The workers go by the real clock, and a run that ended long ago is forgotten.
    await using rig = await QueueRig.open({ startMicros: systemClock.nowMicros() });
    const instruments = Array.from({ length: 10 * KILLS }, (_, i) => ({
      key: `SIM|${i}`,
      kind: 'instrument',
    }));
    await rig.queue.enqueue({
      name: 'recovery',
      id: 'recovery',
      jobs: [
        ...instruments,
        { key: 'coverage', kind: 'chunk', dependsOn: instruments.map(({ key }) => key) },
      ],
    });
    await rig.database.close();
    const journal = join(await temporaryFolder(), 'calls');
    for (let i = 0; i < KILLS; i++) {
      const child = await work(rig.path, journal);
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 300));
      child.kill();
      await child.ended;
    }
    await (
      await work(rig.path, journal)
    ).ended;
    await rig.reopen();
    const tree = rig.queue.view.hierarchy('recovery');
    expect(tree).toMatchObject({ state: 'succeeded', counts: { succeeded: instruments.length + 1 } });
    for (const { key } of instruments) {
      const job = tree.jobs.find((each) => each.key === key);
      expect(job?.runs.map((run) => [run.name, run.jobs.length, run.state])).toEqual([
        ['chunks', 3, 'succeeded'],
      ]);
    }
    const completed = new Set<string>();
    for (const line of (await readFile(journal, 'utf8')).trim().split('\n')) {
      const [what, job = ''] = line.split(/ (.*)/);
      if (what === 'completed') completed.add(job);
      else expect(completed.has(job), `${job} was called after it was done`).toBe(false);
    }
    expect(rig.queue.view.jobs().every(({ failures }) => failures === 0)).toBe(true);
  },
  60_000 + KILLS * 5_000,
);
