import { constants } from 'node:os';
import { onSignals } from '@tickwright/runtime';
import { run } from './program.ts';
import { StoppedError } from './stopped-error.ts';

/** A stop has 5 s in all. */
const PARENT_LOOK_MS = 250;

// The only place of the command that touches the process: arguments and environment in, exit code out.
const stopping = new AbortController();
onSignals({
  stop: (signal) => stopping.abort(new StoppedError(signal, 128 + constants.signals[signal])),
  exit: (code) => process.exit(code),
});
// Started by the launcher, we end with it, even when it is killed: nobody else would end us.
process.on('disconnect', () => stopping.abort(new StoppedError('the end of its launcher')));
// npx starts us by a shell, and where that does not pass signals on, its end is the only sign of one.
if (process.env['npm_command'] === 'exec') {
  const parent = process.ppid;
  const look = setInterval(() => {
    if (process.ppid === parent) return;
    clearInterval(look);
    stopping.abort(new StoppedError('the end of npx'));
  }, PARENT_LOOK_MS);
  look.unref();
}
// A reader that leaves must not end a service; a command that prints is told by `print`.
for (const output of [process.stdout, process.stderr]) output.on('error', () => undefined);

const code = await run({
  argv: process.argv.slice(2),
  env: process.env,
  stdout: process.stdout,
  stderr: process.stderr,
  stdin: process.stdin,
  signal: stopping.signal,
  abandon: ({ message, exitCode }, { isStuck }) => {
    process.stderr.write(`tickwright: ${message}\n`);
    // Node's exit waits for every call on libuv's threads, and a query that does not return would keep us for ever.
    if (isStuck) process.kill(process.pid, 'SIGKILL');
    process.exit(exitCode);
  },
  tellLauncher: (message) => process.send?.(message),
});
// Not process.exit at once: what was written to a pipe must get out first.
process.exitCode = code;
process.stdout.write('', () => process.stderr.write('', () => process.exit(code)));
