// Asks /health of an address again and again, each time over a new connection as a monitor does, until its standard input
// ends; then prints how long the answers took and how late its own timers were. A process of its own: what else a test
// does must not be counted.
import { get } from 'node:http';

const url = process.argv[2] ?? '';
const EVERY_MS = 20;

function askedMs() {
  const startedMs = performance.now();
  return new Promise((resolve, reject) => {
    get(`${url}/health`, { agent: false }, (answer) => {
      answer.resume();
      answer.on('end', () => resolve(performance.now() - startedMs));
    }).on('error', reject);
  });
}

const over = new AbortController();
process.stdin.on('end', () => over.abort()).resume();
const [healthMs, ownDelayMs] = [[], []];
while (!over.signal.aborted) {
  healthMs.push(await askedMs());
  const startedMs = performance.now();
  await new Promise((resolve) => setTimeout(resolve, EVERY_MS));
  ownDelayMs.push(Math.max(0, performance.now() - startedMs - EVERY_MS));
}
process.stdout.write(JSON.stringify({ healthMs, ownDelayMs }));
