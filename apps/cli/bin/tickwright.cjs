#!/usr/bin/env -S node --max-semi-space-size=64
// Frames live for a moment: with room for them a full load spends half as much time collecting garbage.
// CommonJS on purpose: it runs before anything uses libuv's thread pool, whose size cannot be changed afterwards.
// DuckDB's calls, compression and file syncs share the pool; with its default of 4, four long queries hold up a sync.
// 16 = tick file 5 (a writer, 4 readers) + state file 3 + candle writer 2 + compression 2 + 4 for syncs and the rest;
// apps/ingestor/src/thread-budget.test.ts holds the ingestor to it.
process.env.UV_THREADPOOL_SIZE ??= '16';
require('./thread-pool.cjs');
const { existsSync } = require('node:fs');
const { join } = require('node:path');

if (existsSync(join(__dirname, '..', 'dist', 'main.js'))) {
  import('../dist/main.js');
} else {
  console.error(
    'tickwright is not built yet: run "npm run build" (or "npm start", which does it) in the project\'s folder',
  );
  process.exitCode = 1;
}
