// The table of test/faults/RESULTS.md: a row a fault, replaced when it is run again.
import { spawnSync } from 'node:child_process';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { format, resolveConfig } from 'prettier';
import { root } from './prepare.mjs';

const PATH = join(root, 'test', 'faults', 'RESULTS.md');
const HEAD = `# Fault tests: what was measured

Written by \`npm run test:faults\`, never by hand: a row a fault, replaced when it is run again.

| fault | result | rounds | figures | what must hold | seed | commit | date |
| --- | --- | --- | --- | --- | --- | --- | --- |
`;

/**
 * @param {{ name: string, seed: number | string, rounds: number | string | undefined, hasPassed: boolean,
 *   progress: { rounds: number, done: number, told: string, title: string } | undefined }} run
 */
export async function writeResult(run) {
  const { progress } = run;
  const rounds =
    progress === undefined
      ? (run.rounds ?? '-')
      : run.hasPassed
        ? progress.rounds
        : `${progress.done} of ${progress.rounds}`;
  const cells = [
    run.name,
    run.hasPassed ? 'holds' : 'FAILED',
    rounds,
    progress?.told ?? '-',
    progress?.title ?? '-',
    run.seed,
    commit(),
    new Date().toISOString().slice(0, 10),
  ];
  const row = `| ${cells.map((cell) => String(cell).replaceAll('|', '\\|')).join(' | ')} |`;
  const rows = new Map(before().map((line) => [nameOf(line), line]));
  rows.set(run.name, row);
  const text = `${HEAD}${[...rows.keys()]
    .sort()
    .map((name) => rows.get(name))
    .join('\n')}\n`;
  writeFileSync(PATH, await format(text, { ...(await resolveConfig(PATH)), parser: 'markdown' }));
}

function before() {
  if (!existsSync(PATH)) return [];
  return readFileSync(PATH, 'utf8')
    .split('\n')
    .filter((line) => line.startsWith('| '))
    .slice(2);
}

function nameOf(line) {
  return line.split('|')[1].trim();
}

function commit() {
  const git = (...args) => spawnSync('git', args, { cwd: root, encoding: 'utf8' }).stdout.trim();
  const changed = git('status', '--porcelain', '--', 'apps', 'libs', 'test/system', 'test/faults/*.ts');
  return `${git('rev-parse', '--short', 'HEAD')}${changed === '' ? '' : ' and changes'}`;
}
