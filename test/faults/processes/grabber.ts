// A process that opens a database file as soon as nobody has it, again and again from `go` on, until it got it; then it
// holds it until it is told to let go. Started by held.test.ts.
import { existsSync } from 'node:fs';
import { openDatabase } from '@tickwright/database';
import type { Database } from '@tickwright/database';

const path = String(process.argv[2]);
const quiet = (): void => undefined;
const log = { debug: quiet, info: quiet, warn: quiet, error: quiet };

const over = new AbortController();
let held: Database | undefined;

async function grab(): Promise<void> {
  while (!over.signal.aborted && held === undefined) {
    // A missing file must not be made by the one who only wants to hold it.
    if (existsSync(path)) held = await openDatabase({ path, log }).catch(() => undefined);
    await new Promise((turn) => setImmediate(turn));
  }
  if (held !== undefined) process.send?.('held');
}

process.on('message', (told) => {
  if (told === 'go') void grab();
  if (told !== 'release') return;
  over.abort();
  void Promise.resolve(held?.close()).finally(() => process.disconnect());
});
process.once('disconnect', () => process.exit());
process.send?.('ready');
