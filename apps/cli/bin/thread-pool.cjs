// Starts libuv's thread pool and puts its threads below the event loop. Slow queries, compression and checkpoints run
// there, as many at a time as there are threads; on a machine of two cores they would otherwise hold up what the event
// loop has to do at once: take frames in and answer /health. What a thread of the pool starts (the engine's own threads)
// has the priority of the pool. Linux alone: elsewhere a priority is of the whole process.
const { randomBytes } = require('node:crypto');
const { readdirSync } = require('node:fs');
const { getPriority, setPriority } = require('node:os');

// Less would not help enough, more would hold up commits: they wait for locks that a query has (measured:
// test/faults/RESULTS.md, slow-queries).
const BELOW = 5;
const LOWEST = 19;

if (process.platform === 'linux') {
  try {
    const before = new Set(threads());
    // All threads of the pool are made by its first work, before this returns.
    randomBytes(1, () => undefined);
    for (const thread of threads().filter((each) => !before.has(each)))
      setPriority(thread, Math.min(LOWEST, getPriority(thread) + BELOW));
  } catch {
    // Without /proc, or where a sandbox forbids it, all threads stay equal: as it is elsewhere.
  }
}

function threads() {
  return readdirSync('/proc/self/task').map(Number);
}
