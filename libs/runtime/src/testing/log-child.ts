// A process for stderr-writer.test.ts: writes so many numbered lines to its log at once, says on stdout how long that
// took, and ends when it is told so.
import { once } from 'node:events';
import { createLog } from '../log/pino-log.ts';

const log = createLog({ level: 'info', name: 'child' });
const count = Number(process.argv[2]);
const startMs = performance.now();
for (let n = 1; n <= count; n += 1) log.info({ n, pad: 'x'.repeat(400) }, 'line');
process.stdout.write(`${Math.round(performance.now() - startMs)}\n`);
await once(process.stdin, 'data');
log.flush();
process.exit(0);
