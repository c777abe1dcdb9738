// `npm run test:faults -- --only NAME [--seed N] [--rounds N]`: the fault tests with as many rounds as asked for.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { prepare, root } from './prepare.mjs';

const { values } = parseArgs({
  options: { only: { type: 'string' }, seed: { type: 'string' }, rounds: { type: 'string', default: '50' } },
});
prepare();
const args = [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '-c',
  'config/vitest.config.ts',
  'test/faults',
];
if (values.only !== undefined) args.push('-t', values.only);
const env = { ...process.env, TICKWRIGHT_FAULT_ROUNDS: values.rounds };
if (values.seed !== undefined) env.TICKWRIGHT_FAULT_SEED = values.seed;
const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit', env });
process.exit(done.status ?? 1);
