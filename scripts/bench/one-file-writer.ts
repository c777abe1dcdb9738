import { setTimeout as sleep } from 'node:timers/promises';
import { inTurn } from './one-file.ts';

/** What the writer tells in the end. */
export interface Writes {
  readonly type: 'writes';
  readonly cycles: number;
  readonly failed: number;
  /** Cycles that had to be left out because the one before was still under way. */
  readonly missed: number;
}

// A process of its own: `one-file-writer.ts PATH INSTRUMENTS RATE`. Every 0.5 s it stores the ticks of that time and
// the candles of all instruments, in one transaction, until it is asked to stop; asked to count, it begins at 0.

const [path, instruments, rate] = process.argv.slice(2);
const EVERY_MS = 500;
const ticks = (Number(rate) * EVERY_MS) / 1000;
/** Those of the aggregation that users of such systems know. */
const turn = { mode: 'READ_WRITE', delaysMs: [300, 600, 900] } as const;

const SCHEMA = `
  CREATE TABLE ticks (instrument VARCHAR, time TIMESTAMP, price DOUBLE, quantity DOUBLE, id BIGINT);
  CREATE TABLE candles (instrument VARCHAR, open_time TIMESTAMP, open DOUBLE, high DOUBLE, low DOUBLE, close DOUBLE,
    volume DOUBLE, updated_at TIMESTAMP, PRIMARY KEY (instrument, open_time))`;

function cycleSql(): string {
  const now = `make_timestamp(${Date.now() * 1000})`;
  return `BEGIN;
    INSERT INTO ticks SELECT 'SIM|S' || (i % ${instruments}), ${now}, 100 + i % 7, 1, i FROM range(${ticks}) t(i);
    INSERT OR REPLACE INTO candles SELECT 'SIM|S' || i, date_trunc('minute', ${now}), 100, 107, 99, 101, 5, ${now}
      FROM range(${instruments}) t(i);
    COMMIT`;
}

const ending = new AbortController();
let [cycles, failed, missed] = [0, 0, 0];
process.on('message', (message: { type: string }) => {
  if (message.type === 'stop') ending.abort();
  else {
    [cycles, failed, missed] = [0, 0, 0];
    process.send?.({ type: 'counting' });
  }
});
process.on('disconnect', () => process.exit(0));

await inTurn(path, turn, async (connection) => void (await connection.run(SCHEMA)));
await inTurn(path, turn, async (connection) => void (await connection.run(cycleSql())));
process.send?.({ type: 'ready' });
for (let dueMs = performance.now() + EVERY_MS; !ending.signal.aborted; dueMs += EVERY_MS) {
  await sleep(Math.max(0, dueMs - performance.now()));
  try {
    await inTurn(path, turn, async (connection) => void (await connection.run(cycleSql())));
    cycles += 1;
  } catch {
    failed += 1;
  }
  const late = Math.floor((performance.now() - dueMs) / EVERY_MS);
  missed += late;
  dueMs += late * EVERY_MS;
}
const writes: Writes = { type: 'writes', cycles, failed, missed };
process.send?.(writes, () => process.disconnect());
