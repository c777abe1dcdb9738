/** Times as people and programs read them: ISO 8601, UTC, with as many digits as there is to say. */
export function isoTime(micros: number): string {
  const iso = new Date(Math.floor(micros / 1_000)).toISOString();
  const rest = micros % 1_000;
  return rest === 0 ? iso : iso.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}

/** Columns aligned for reading; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const widths = header.map((title, column) =>
    Math.max(title.length, ...rows.map((row) => String(row[column] ?? '').length)),
  );
  const line = (cells: readonly (string | number)[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return typeof cell === 'number' ? String(cell).padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  const titles = header.map((title, column) => {
    const isNumber = rows.length > 0 && rows.every((row) => typeof row[column] === 'number');
    return isNumber ? title.padStart(widths[column] ?? 0) : title;
  });
  return `${[line(titles), ...rows.map(line)].join('\n')}\n`;
}

/** Comma-separated values as RFC 4180 has them. */
export function csv(
  header: readonly string[],
  rows: readonly (readonly (string | number | boolean | null)[])[],
): string {
  const cell = (value: string | number | boolean | null): string => {
    const text = value === null ? '' : String(value);
    return /[",\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[header, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}

/** A JSON array with one row a line: a program parses it, a person can look at it. */
export function jsonRows(rows: readonly object[]): string {
  return rows.length === 0 ? '[]\n' : `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}
