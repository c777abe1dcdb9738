import { onSignals } from '@tickwright/runtime';
import { run } from './program.ts';

// The only place of the command that touches the process: arguments and environment in, exit code out.
const stopping = new AbortController();
onSignals({
  stop: () => stopping.abort(new Error('stopped by a signal')),
  exit: (code) => process.exit(code),
});
// Started by the launcher, we end with it, even when it is killed: nobody else would end us.
process.on('disconnect', () => stopping.abort(new Error('the launcher is gone')));

const code = await run({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  signal: stopping.signal,
  tellLauncher: (message) => process.send?.(message),
});
// Not process.exit at once: what was written to a pipe must get out first.
process.exitCode = code;
process.stdout.write('', () => process.exit(code));
