import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createLog, readInstance } from '@tickwright/runtime';
import { checkBackup, listBackups } from '@tickwright/upkeep';
import { afterEach, expect, test } from 'vitest';
import { Process, cleanUp, eventually, freePort, temporaryFolder, tickwright } from '../system/harness.ts';
import { randomOf, rounds, seed } from './rounds.ts';

afterEach(cleanUp);

const INSTRUMENTS = ['SIM|ALPHA'];
const ROUNDS = rounds(1);
const log = createLog({ name: 'test', level: 'silent' });

interface Running {
  readonly url: string;
  readonly token: string;
}

async function running(dataDir: string): Promise<Running | undefined> {
  const instance = await readInstance(join(dataDir, 'ingestor'));
  const url = instance?.addresses['http'];
  if (url === undefined || instance?.token === undefined) return undefined;
  const up = { url, token: instance.token };
  return (await durableOffset(up)) > 0 ? up : undefined;
}

async function backedUp({ url, token }: Running): Promise<{ name: string; ticks: number; offset: number }> {
  const headers = { authorization: `Bearer ${token}` };
  const answer = await fetch(`${url}/api/v1/backup`, { method: 'POST', headers });
  if (!answer.ok) throw new Error(await answer.text());
  return (await answer.json()) as { name: string; ticks: number; offset: number };
}

async function durableOffset({ url }: Running): Promise<number> {
  const status = JSON.parse(await (await fetch(`${url}/api/v1/status`)).text());
  return status.journal?.durableOffset ?? 0;
}

async function storedTicks(dataDir: string): Promise<string[]> {
  const all: string[] = [];
  for (const instrument of INSTRUMENTS) {
    const done = await tickwright([
      'ticks',
      instrument,
      '--from',
      '2020-01-01',
      '--json',
      '--data-dir',
      dataDir,
    ]);
    const rows: Record<string, unknown>[] = JSON.parse(done.stdout);
    all.push(...rows.map((row) => JSON.stringify({ instrument, ...row })));
  }
  return all;
}

async function expectVerified(dataDir: string): Promise<void> {
  const { stdout, stderr } = await tickwright(['verify', '--data-dir', dataDir]);
  expect(`${stdout}${stderr}`, `seed ${seed}`).toContain('everything agrees');
}

test(
  `backup: ${ROUNDS} kills within a backup and ${ROUNDS} within a restore leave whole backups, and a restore with its journal loses and doubles nothing`,
  async () => {
    const random = randomOf(seed);
    const dataDir = temporaryFolder();
    const directory = join(dataDir, 'backups');
    const [venuePort, httpPort] = [await freePort(), await freePort()];
    const common = ['--data-dir', dataDir, '--set', `simulator.port=${venuePort}`];
    const simulator = new Process(['simulate', ...common, '--rate', '2000']);
    await simulator.until(/simulating a market/);
    const ingest = (): Process =>
      new Process([
        'ingest',
        '--venue',
        'simulated',
        '--instruments',
        INSTRUMENTS.join(),
        ...common,
        '--set',
        `ingestor.http.port=${httpPort}`,
        // Each one made is looked for again in the end: none may be pruned for its age or number.
        '--set',
        'backups.keep.count=10000',
      ]);

    // Killed within a backup: nothing that looks finished is not, and the next backup is made.
    let ingestor = ingest();
    let up = await eventually(() => running(dataDir), { what: `the ingestor:\n${ingestor.stderr}` });
    const good = new Set([(await backedUp(up)).name]);
    for (let round = 0; round < ROUNDS; round += 1) {
      const making = backedUp(up).catch(() => undefined);
      await new Promise((go) => setTimeout(go, random() * 500));
      ingestor.kill('SIGKILL');
      await ingestor.ended;
      const made = await making;
      if (made !== undefined) good.add(made.name);
      const listed = await listBackups(directory);
      for (const each of listed) await checkBackup(each.folder, log);
      const names = listed.map(({ name }) => name);
      expect(
        [...good].filter((name) => !names.includes(name)),
        `seed ${seed}`,
      ).toEqual([]);
      ingestor = ingest();
      up = await eventually(() => running(dataDir), {
        what: `round ${round}, seed ${seed}:\n${ingestor.stderr}`,
      });
    }
    const last = await backedUp(up);
    expect((await readdir(directory)).filter((name) => name.endsWith('.partial'))).toEqual([]);

    // Over a running instance it is refused, by name.
    const refused = await tickwright(['restore', 'latest', '--data-dir', dataDir]);
    expect(refused.code).toBe(4);
    expect(refused.stderr).toContain(`${ingestor.child.pid}`);

    // The journal goes on behind the backup; then the process dies.
    await eventually(async () => ((await durableOffset(up)) > last.offset + 300 ? true : undefined));
    ingestor.kill('SIGKILL');
    await ingestor.ended;
    const before = await storedTicks(dataDir);
    for (let round = 0; round < ROUNDS; round += 1) {
      const restore = new Process(['restore', last.name, '--data-dir', dataDir]);
      await new Promise((go) => setTimeout(go, 300 + random() * 1_500));
      restore.kill('SIGKILL');
      await restore.ended;
      // What a user does next: the same again, or a start; both finish what was begun.
      if (random() < 0.5) await tickwright(['ticks', 'SIM|ALPHA', '--count', '--data-dir', dataDir]);
    }
    const restored = await tickwright(['restore', last.name, '--data-dir', dataDir]);
    expect(restored.stderr).toBe('');
    expect(restored.stdout).toMatch(/the journal has [\d,]+ frames behind it/);
    expect(await storedTicks(dataDir), `seed ${seed}`).toEqual(before);
    await expectVerified(dataDir);

    // Elsewhere, without the journal: what the backup told, and whole.
    const elsewhere = temporaryFolder();
    const moved = await tickwright(['restore', join(directory, last.name), '--data-dir', elsewhere]);
    expect(moved.stdout).toContain('the journal has nothing behind it');
    const there = await storedTicks(elsewhere);
    expect(there).toHaveLength(last.ticks);
    const known = new Set(before);
    expect(there.filter((tick) => !known.has(tick))).toEqual([]);
    await expectVerified(elsewhere);
  },
  240_000 + ROUNDS * 60_000,
);
