import type { AppendColumn, Transaction } from '@tickwright/database';

type ColumnOf<Row> =
  | { readonly name: string; readonly type: 'int64' | 'float64'; readonly of: (row: Row) => number }
  | { readonly name: string; readonly type: 'varchar'; readonly of: (row: Row) => string };

/** A table of the ledger and how a row of it is made. Nothing in it is ever NULL: '' and -1 are "none". */
export interface Table<Row> {
  readonly name: string;
  readonly columns: readonly ColumnOf<Row>[];
}

const SQL_TYPES = { int64: 'BIGINT', float64: 'DOUBLE', varchar: 'VARCHAR' } as const;

export function createSql<Row>({ name, columns }: Table<Row>): string {
  const list = columns.map((column) => `${column.name} ${SQL_TYPES[column.type]} NOT NULL`);
  return `CREATE TABLE IF NOT EXISTS ${name}(${list.join(', ')})`;
}

export async function appendRows<Row>(
  tx: Transaction,
  table: Table<Row>,
  rows: readonly Row[],
): Promise<void> {
  if (rows.length === 0) return;
  const columns = table.columns.map((column): AppendColumn => {
    if (column.type === 'varchar') return { type: 'varchar', values: rows.map(column.of) };
    return { type: column.type, values: Float64Array.from(rows, column.of) };
  });
  await tx.append(table.name, columns, rows.length);
}

export function whole<Row>(name: string, of: (row: Row) => number): ColumnOf<Row> {
  return { name, type: 'int64', of };
}

export function text<Row>(name: string, of: (row: Row) => string): ColumnOf<Row> {
  return { name, type: 'varchar', of };
}

export function real<Row>(name: string, of: (row: Row) => number): ColumnOf<Row> {
  return { name, type: 'float64', of };
}
