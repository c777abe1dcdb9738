// `npm run test:faults -- --only NAME [--seed N] [--rounds N] [--parallel N] [--continue]`: the fault tests in their long form. Each
// is a file test/**/NAME.test.ts. An interrupted run goes on with --continue at the round at which it ended. Its figures
// become a row of test/faults/RESULTS.md. `--parallel N` shares the rounds of a test among so many processes.
import { spawn } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { tsImport } from 'tsx/esm/api';
import { writeResult } from './fault-results.mjs';
import { prepare, root } from './prepare.mjs';

const STATES = join(root, 'test', 'faults', '.state');
const say = (text) => process.stderr.write(`tickwright: ${text}\n`);
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    rounds: { type: 'string' },
    parallel: { type: 'string' },
    continue: { type: 'boolean', default: false },
  },
});

const files = new Map(
  readdirSync(join(root, 'test'), { recursive: true })
    .filter((path) => path.endsWith('.test.ts'))
    .map((path) => [basename(path, '.test.ts'), join(root, 'test', path)]),
);
const names = [...files.keys()]
  .filter((name) => files.get(name).startsWith(join(root, 'test', 'faults')))
  .sort();
const wanted = values.only === undefined ? names : values.only.split(',');
const unknown = wanted.filter((name) => !files.has(name));
if (unknown.length > 0) {
  say(`there is no fault test ${unknown.join(', ')}; there are ${names.join(', ')}`);
  process.exit(2);
}
for (const name of ['seed', 'rounds', 'parallel']) {
  if (values[name] === undefined || /^[1-9]\d*$/.test(values[name])) continue;
  say(`--${name} is "${values[name]}": expected a whole number of at least 1`);
  process.exit(2);
}
prepare();
let status = 0;
for (const name of wanted) {
  const code = await run(name);
  if (code !== 0) status = code;
}
process.exit(status);

async function run(name) {
  const shares = Number(values.parallel ?? 1);
  const states = Array.from({ length: shares }, (_, number) => stateOf(name, { number, of: shares }));
  const before = values.continue ? states.map(progressIn).find((each) => each !== undefined) : undefined;
  if (before === undefined) for (const state of states) rmSync(state, { force: true });
  else say(`${name} goes on: ${doneIn(states)} of ${before.rounds} rounds are done, seed ${before.seed}`);
  mkdirSync(STATES, { recursive: true });
  const seed = values.seed ?? before?.seed ?? 1 + (Date.now() % 1_000_000);
  const rounds = values.rounds ?? before?.rounds;
  const codes = await Promise.all(
    states.map((state, number) =>
      vitest(name, {
        TICKWRIGHT_FAULT_LONG: '1',
        TICKWRIGHT_FAULT_SEED: String(seed),
        TICKWRIGHT_FAULT_STATE: state,
        TICKWRIGHT_FAULT_SHARE: `${number}/${shares}`,
        ...(rounds === undefined ? {} : { TICKWRIGHT_FAULT_ROUNDS: String(rounds) }),
        ...(before === undefined || !existsSync(state) ? {} : { TICKWRIGHT_FAULT_CONTINUE: '1' }),
      }),
    ),
  );
  const code = Math.max(...codes);
  await writeResult({ name, seed, rounds, hasPassed: code === 0, progress: await progressOf(states) });
  // A run that ended well has nothing to go on with.
  if (code === 0) for (const state of states) rmSync(state, { force: true });
  return code;
}

/** Runs one test file to its end; resolves to its exit code. */
function vitest(name, env) {
  const file = relative(root, files.get(name));
  const program = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const args = [program, 'run', '-c', 'config/vitest.config.ts', file];
  const child = spawn(process.execPath, args, {
    cwd: root,
    stdio: 'inherit',
    env: { ...process.env, ...env },
  });
  return new Promise((resolve) => child.on('close', (code) => resolve(code ?? 1)));
}

function stateOf(name, { number, of }) {
  return join(STATES, of === 1 ? `${name}.json` : `${name}.${number}-of-${of}.json`);
}

function progressIn(state) {
  return existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : undefined;
}

function doneIn(states) {
  return states.reduce((sum, state) => sum + (progressIn(state)?.done ?? 0), 0);
}

/** What all shares of a run have found; undefined where none has told. */
async function progressOf(states) {
  const all = states.map(progressIn).filter((each) => each !== undefined);
  if (all.length === 0) return undefined;
  const { added, told } = await tsImport('../test/faults/rounds/figures.ts', import.meta.url);
  const figures = all.reduce((sum, each) => added(sum, each.figures), {});
  return { ...all[0], done: doneIn(states), figures, told: told(figures) };
}
