// `npm start [-- arguments of tickwright start]`: installs and builds what is missing, then runs the service.
import { spawn } from 'node:child_process';
import { join } from 'node:path';
import { prepare, root } from './prepare.mjs';

prepare();
const child = spawn(
  process.execPath,
  [join(root, 'apps/cli/bin/tickwright.cjs'), 'start', ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
);
// A terminal's Ctrl-C reaches the whole group; a signal sent to this process alone must be handed on.
for (const signal of ['SIGINT', 'SIGTERM'])
  process.on(signal, () => signal === 'SIGTERM' && child.kill(signal));
child.on('exit', (code, signal) => process.exit(code ?? (signal ? 1 : 0)));
