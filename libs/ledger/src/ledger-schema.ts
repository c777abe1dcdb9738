import type { Database } from '@tickwright/database';
import { LedgerVersionError } from './ledger-errors.ts';
import { createSql } from './ledger-table.ts';
import { LEDGER_SCHEMA_VERSION, tables } from './ledger-tables.ts';

/** The oldest release whose events are read as they are. */
const OLDEST_VERSION = 1;

/** Makes the tables of a new ledger, or checks that those of an old one are ours and takes them over. Errors: LedgerVersionError. */
export async function prepareSchema(database: Database): Promise<void> {
  const [found] = await database.read(`SELECT 1 FROM duckdb_tables() WHERE table_name = 'ledger'`);
  if (found === undefined) {
    await database.write(async (tx) => {
      for (const table of Object.values(tables)) await tx.run(createSql<never>(table));
      await tx.run('CREATE TABLE ledger(schema_version BIGINT NOT NULL)');
      await tx.run('INSERT INTO ledger VALUES (?)', [LEDGER_SCHEMA_VERSION]);
    });
    // A table made in a log that a crash leaves behind is what corruption reports are about.
    await database.checkpoint();
    return;
  }
  const [row] = await database.read('SELECT max(schema_version) AS version FROM ledger');
  const version = Number(row?.['version'] ?? 0);
  if (version >= OLDEST_VERSION && version < LEDGER_SCHEMA_VERSION) {
    // Its events are read as they are; those that follow an older release could not read.
    await database.write(async (tx) => {
      await tx.run('UPDATE ledger SET schema_version = ?', [LEDGER_SCHEMA_VERSION]);
    });
    return;
  }
  if (version !== LEDGER_SCHEMA_VERSION)
    throw new LedgerVersionError(database.path, version, LEDGER_SCHEMA_VERSION);
}
