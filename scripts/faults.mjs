// `npm run test:faults -- --only NAME [--seed N] [--rounds N] [--continue]`: the fault tests in their long form. Each
// is a file test/**/NAME.test.ts. An interrupted run goes on with --continue at the round at which it ended. Its figures
// become a row of test/faults/RESULTS.md.
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { basename, join, relative } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';
import { writeResult } from './fault-results.mjs';

const say = (text) => process.stderr.write(`tickwright: ${text}\n`);
const { values } = parseArgs({
  options: {
    only: { type: 'string' },
    seed: { type: 'string' },
    rounds: { type: 'string' },
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
for (const name of ['seed', 'rounds']) {
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
  const state = join(root, 'test', 'faults', '.state', `${name}.json`);
  const before = values.continue && existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : undefined;
  if (before === undefined) rmSync(state, { force: true });
  else say(`${name} goes on after round ${before.done} of ${before.rounds}, seed ${before.seed}`);
  mkdirSync(join(root, 'test', 'faults', '.state'), { recursive: true });
  const seed = values.seed ?? before?.seed ?? 1 + (Date.now() % 1_000_000);
  const rounds = values.rounds ?? before?.rounds;
  const env = {
    ...process.env,
    TICKWRIGHT_FAULT_LONG: '1',
    TICKWRIGHT_FAULT_SEED: String(seed),
    TICKWRIGHT_FAULT_STATE: state,
    ...(rounds === undefined ? {} : { TICKWRIGHT_FAULT_ROUNDS: String(rounds) }),
    ...(before === undefined ? {} : { TICKWRIGHT_FAULT_CONTINUE: '1' }),
  };
  const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs');
  const file = relative(root, files.get(name));
  const args = [vitest, 'run', '-c', 'config/vitest.config.ts', file];
  const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
  const code = done.status ?? 1;
  const progress = existsSync(state) ? JSON.parse(readFileSync(state, 'utf8')) : undefined;
  await writeResult({ name, seed, rounds, hasPassed: code === 0, progress });
  // A run that ended well has nothing to go on with.
  if (code === 0) rmSync(state, { force: true });
  return code;
}
