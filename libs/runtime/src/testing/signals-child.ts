// A process for signals.test.ts: says when it is ready, what it was told, and ends only at the second signal.
import { onSignals } from '../service/signals.ts';

const alive = setInterval(() => undefined, 1_000);
onSignals({
  stop: (signal) => {
    process.stdout.write(`stop ${signal}\n`);
  },
  exit: (code) => {
    clearInterval(alive);
    process.exit(code);
  },
});
process.stdout.write('ready\n');
