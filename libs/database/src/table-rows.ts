import type { Row } from './sql-value.ts';

/** How many rows each table has, by name. `catalog`: an attached database; the one that is open unless told. */
export async function tableRows(
  read: (sql: string) => Promise<Row[]>,
  catalog?: string,
): Promise<Record<string, number>> {
  const database = catalog === undefined ? 'current_database()' : `'${catalog}'`;
  const tables = await read(
    `SELECT table_name AS name FROM duckdb_tables() WHERE database_name = ${database} AND NOT internal ORDER BY 1`,
  );
  if (tables.length === 0) return {};
  const prefix = catalog === undefined ? '' : `"${catalog}".`;
  const counts = tables.map(
    ({ name }) => `(SELECT count(*) FROM ${prefix}"${String(name)}") AS "${String(name)}"`,
  );
  const [row] = await read(`SELECT ${counts.join(', ')}`);
  return Object.fromEntries(Object.entries(row ?? {}).map(([table, count]) => [table, Number(count)]));
}
