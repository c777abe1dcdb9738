// `npm run bench [-- names]`: installs and builds what is missing, then runs the benchmarks named (all when none is).
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const args = [
  '--conditions=@tickwright/source',
  '--import',
  'tsx',
  join(root, 'scripts/bench/main.ts'),
  ...process.argv.slice(2),
];
const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(done.status ?? 1);
