import { stat } from 'node:fs/promises';
import type { Database } from '@tickwright/database';

/** What a ledger may keep. The book (signals, orders, fills, trades, accounts, equity) is kept longer than the events. */
export interface LedgerLimits {
  /** Events of whole runs that ended longer ago go: those runs can no longer be replayed. */
  readonly eventDays: number;
  /** Of signals, orders that ended, fills, trades, accounts and equity; the state itself stays. */
  readonly bookDays: number;
  /** Of the file; past it the older half of the events goes, whatever its age. */
  readonly maxBytes: number;
}

export interface LedgerUse {
  readonly bytes: number;
  readonly removedEvents: number;
}

const DAY_MICROS = 86_400_000_000;
/** Gone with the events they belong to. */
const BY_EVENT = ['events', 'consumed', 'suppressed', 'strategy_states', 'notices', 'runs'];
const BOOK = ['signals', 'orders', 'fills', 'trades', 'accounts', 'equity'];

/** Removes what is past the limits and the superseded state, and checkpoints, so that the file can use the room again. */
export async function holdLimits(
  database: Database,
  limits: LedgerLimits,
  nowMicros: number,
): Promise<LedgerUse> {
  const bytes = (await stat(database.path).catch(() => undefined))?.size ?? 0;
  const firstKept = await firstKeptSeq(database, limits, { nowMicros, isTooLarge: bytes > limits.maxBytes });
  const bookFrom = nowMicros - limits.bookDays * DAY_MICROS;
  const removed = await database.write(async (tx) => {
    const [row] = await tx.run('SELECT count(*) AS count FROM events WHERE seq < ?', [firstKept]);
    const count = Number(row?.['count']);
    if (count > 0)
      for (const table of BY_EVENT) await tx.run(`DELETE FROM ${table} WHERE seq < ?`, [firstKept]);
    // The newest row of each stays: an account as it stands, an order that still works.
    for (const table of BOOK)
      await tx.run(
        `DELETE FROM ${table} WHERE time_micros < ? AND seq < (SELECT max(seq) FROM ${table})${table === 'orders' ? NOT_WORKING : ''}`,
        [bookFrom],
      );
    await tx.run('DELETE FROM alerts WHERE time_micros < ?', [bookFrom]);
    await tx.run('DELETE FROM alert_steps WHERE time_micros < ?', [bookFrom]);
    await tx.run('DELETE FROM state WHERE rowid NOT IN (SELECT max(rowid) FROM state GROUP BY state_key)');
    return count;
  });
  await database.checkpoint();
  return { bytes, removedEvents: removed };
}

const NOT_WORKING = ` AND id NOT IN (SELECT id FROM (SELECT id, arg_max(state, rowid) AS state FROM orders GROUP BY id) WHERE state = 'working')`;

/** The first event that stays: the beginning of a run, so that what stays can be replayed; the newest run always does. */
async function firstKeptSeq(
  database: Database,
  limits: LedgerLimits,
  { nowMicros, isTooLarge }: { nowMicros: number; isTooLarge: boolean },
): Promise<number> {
  const oldest = nowMicros - limits.eventDays * DAY_MICROS;
  const [run] = await database.read(
    `SELECT coalesce(max(seq), 0) AS seq FROM runs WHERE seq <= coalesce(
      (SELECT min(seq) FROM events WHERE time_micros >= ?), (SELECT max(seq) FROM events), 0)`,
    [oldest],
  );
  const byAge = Number(run?.['seq']);
  if (!isTooLarge) return byAge;
  const [half] = await database.read(
    'SELECT (coalesce(min(seq), 0) + coalesce(max(seq), 0)) // 2 AS seq FROM events',
  );
  return Math.max(byAge, Number(half?.['seq']));
}
