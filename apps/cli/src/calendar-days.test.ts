import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { endAll, eventually, freePorts, start, temporaryFolder } from './process-fixture.ts';
import type { Folder } from './process-fixture.ts';

/** Several processes have to be up, on a machine that may have other things to do. */
const START_LIMIT_MS = 120_000;

let folder: Folder;
beforeEach(async () => {
  folder = await temporaryFolder();
});
afterEach(async () => {
  await endAll();
  await folder[Symbol.asyncDispose]();
});

/** A configuration file with a session of the NSE that the release does not have. */
async function configured(date: string, sessions: string): Promise<string> {
  const file = join(folder.path, 'tickwright.yaml');
  const day = `{ date: ${date}, reason: a session of this test, sessions: [${sessions}] }`;
  await writeFile(file, `calendars:\n  nse:\n    days:\n      - ${day}\n`);
  return file;
}

test('the thread of a runner and its pages know the days that are configured', async () => {
  const [http = 0, simulator = 0, runner = 0] = await freePorts(3);
  const ports = { 'ingestor.http.port': http, 'simulator.port': simulator, 'runner.http.port': runner };
  const sets = Object.entries(ports).flatMap(([name, value]) => ['--set', `${name}=${value}`]);
  const file = await configured('2026-11-08', '18:00-19:00');
  const dataDir = join(folder.path, 'data');
  const command = start('start', '--single-process', '--config', file, '--data-dir', dataDir, ...sets);
  const overview = await eventually(
    'the runner',
    async () => {
      if (command.child.exitCode !== null) throw new Error(command.stderr);
      const answer = await fetch(`http://127.0.0.1:${runner}/api/v1/overview`).catch(() => undefined);
      return answer?.ok === true ? await answer.json() : undefined;
    },
    START_LIMIT_MS,
  );
  expect(overview).toMatchObject({
    calendarDays: { nse: { years: [], days: [{ date: '2026-11-08', sessions: ['18:00-19:00'] }] } },
  });
  command.child.kill('SIGTERM');
  expect((await command.ended).code).toBe(0);
}, 150_000);
