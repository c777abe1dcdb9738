// `npm test [-- vitest arguments]`: installs and builds what is missing, then runs all tests.
import { spawnSync } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const args = [
  join(root, 'node_modules/vitest/vitest.mjs'),
  'run',
  '-c',
  'config/vitest.config.ts',
  ...process.argv.slice(2),
];
const done = spawnSync(process.execPath, args, { cwd: root, stdio: 'inherit' });
process.exit(done.status ?? 1);
