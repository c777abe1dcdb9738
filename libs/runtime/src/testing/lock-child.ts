// A process for instance-lock.test.ts: tries to take the lock of a directory, prints what came of it as one JSON line,
// and then lives until its stdin ends (a holder) or is done (anyone else). It says "ready" and waits for a line first,
// so that many of them can be let go at the same moment.
import { once } from 'node:events';
import { acquireInstanceLock, InstanceLockedError } from '../lock/instance-lock.ts';

const directory = process.argv[2];
process.stdout.write('ready\n');
await once(process.stdin, 'data');
try {
  await acquireInstanceLock(directory);
  process.stdout.write(`${JSON.stringify({ outcome: 'held', pid: process.pid })}\n`);
  process.stdin.resume();
} catch (error) {
  if (!(error instanceof InstanceLockedError)) throw error;
  const { pid, exitCode, message } = error;
  process.stdout.write(`${JSON.stringify({ outcome: 'locked', pid, exitCode, message })}\n`);
  process.stdin.destroy();
}
