import type { Database } from '@tickwright/database';
import type { LedgerMemory } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { writeAnchor } from '../files/anchor.ts';

/** The part of the anchor of `state.duckdb` that tells the offset of the newest state. */
export const LEDGER_ANCHOR = 'ledger';

/** States kept; a start needs the newest one that is not ahead of the tick file, which is rarely more than one behind. */
const KEPT_STATES = 10;
/** States written before the table is made anew without the old ones. */
const MAX_STATES = 500;

const TABLE = 'CREATE TABLE IF NOT EXISTS ledger_memory(as_of BIGINT NOT NULL, memory VARCHAR NOT NULL)';

/** What the gap ledger knows beside its gaps, stored with the journal offset that it belongs to. */
export interface LedgerMemoryStore {
  /** Stores the state as of a journal offset, exclusive. */
  save(asOf: number, memory: LedgerMemory): Promise<void>;
  /** The newest state that belongs to this offset or an earlier one. */
  load(asOf: number): Promise<LedgerMemory | undefined>;
}

/** The states of `state.duckdb`. */
export interface StoredLedgerMemory extends LedgerMemoryStore {
  /** The offset of the newest state; -1 when there is none. */
  newest(): Promise<number>;
}

/** Opens the table in `state.duckdb`, whose owner closes it. */
export async function openLedgerMemory(database: Database): Promise<StoredLedgerMemory> {
  const [found] = await database.read(`SELECT 1 FROM duckdb_tables() WHERE table_name = 'ledger_memory'`);
  if (found === undefined) {
    await database.write((tx) => tx.run(TABLE));
    // As with the gaps: a table made in a log that a crash leaves behind is best avoided.
    await database.checkpoint();
  } else {
    await forgetOld(database);
  }
  let states = KEPT_STATES;
  return {
    async save(asOf, memory) {
      if (states >= MAX_STATES) {
        await forgetOld(database);
        states = KEPT_STATES;
      }
      const row = [
        { type: 'int64', values: Float64Array.of(asOf) },
        { type: 'varchar', values: [JSON.stringify(memory)] },
      ] as const;
      await database.write((tx) => tx.append('ledger_memory', row, 1));
      states += 1;
      await writeAnchor({
        database: database.path,
        part: LEDGER_ANCHOR,
        anchor: { asOf },
        clock: systemClock,
      });
    },
    async newest() {
      const [row] = await database.read('SELECT coalesce(max(as_of), -1) AS newest FROM ledger_memory');
      return Number(row['newest']);
    },
    async load(asOf) {
      const [row] = await database.read(
        'SELECT memory FROM ledger_memory WHERE as_of <= ? ORDER BY as_of DESC, rowid DESC LIMIT 1',
        [asOf],
      );
      // Written by `save` alone.
      return row === undefined ? undefined : (JSON.parse(String(row['memory'])) as LedgerMemory);
    },
  };
}

/** A table written anew shrinks the file, which DELETE does not. */
async function forgetOld(database: Database): Promise<void> {
  const [row] = await database.read('SELECT count(*) AS states FROM ledger_memory');
  if (row === undefined || Number(row['states']) <= KEPT_STATES) return;
  await database.write(async (tx) => {
    await tx.run(TABLE.replace('IF NOT EXISTS ledger_memory(', 'ledger_memory_kept('));
    await tx.run(
      `INSERT INTO ledger_memory_kept SELECT * FROM ledger_memory ORDER BY as_of DESC, rowid DESC LIMIT ${KEPT_STATES}`,
    );
    await tx.run('DROP TABLE ledger_memory');
    await tx.run('ALTER TABLE ledger_memory_kept RENAME TO ledger_memory');
  });
  await database.checkpoint();
}
