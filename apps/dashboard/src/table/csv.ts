import type { Column } from './column.ts';

/** A spreadsheet runs what begins with one of these: such a text is quoted by an apostrophe. */
const FORMULA = /^[=+\-@\t\r]/;

function field(value: string | number | null): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  const isNumber = /^-?\d+(\.\d+)?$/.test(value);
  const safe = !isNumber && FORMULA.test(value) ? `'${value}` : value;
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe;
}

/** Rows as comma-separated values with a head, RFC 4180. */
export function csvText<Row>(columns: readonly Column<Row>[], rows: Iterable<Row>): string {
  const lines = [columns.map(({ id }) => field(id)).join(',')];
  for (const row of rows) {
    const fields = columns.map((column) =>
      field(
        column.csv !== undefined
          ? column.csv(row)
          : column.value !== undefined
            ? column.value(row)
            : column.text(row),
      ),
    );
    lines.push(fields.join(','));
  }
  return `${lines.join('\r\n')}\r\n`;
}

/** Has the browser save a text as a file. */
export function saveFile(name: string, text: string): void {
  const url = URL.createObjectURL(new Blob([text], { type: 'text/csv;charset=utf-8' }));
  const link = document.createElement('a');
  link.href = url;
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(url), 10_000);
}
