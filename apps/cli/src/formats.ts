/** Times as people and programs read them: ISO 8601, UTC, with as many digits as there is to say. */
export function isoTime(micros: number): string {
  const iso = new Date(Math.floor(micros / 1_000)).toISOString();
  const rest = micros % 1_000;
  return rest === 0 ? iso : iso.replace('Z', `${String(rest).padStart(3, '0')}Z`);
}

/** An ISO time for eyes: a space between day and time, no zeros that say nothing. */
export function readableTime(micros: number): string {
  return isoTime(micros).replace('T', ' ').replace('.000Z', 'Z');
}

const UNITS = [
  { name: 'd', ms: 86_400_000 },
  { name: 'h', ms: 3_600_000 },
  { name: 'min', ms: 60_000 },
] as const;
/** A larger unit is used from twice its length on, so that no more than half of it is rounded away. */
const UNITS_FROM = 2;

/** How long something lasts or lasted, in the unit that reads best. */
export function duration(ms: number): string {
  const unit = UNITS.find((each) => ms >= UNITS_FROM * each.ms);
  if (unit !== undefined) return `${Math.round(ms / unit.ms)} ${unit.name}`;
  if (ms >= 9_950) return `${Math.round(ms / 1_000)} s`;
  return ms >= 1_000 ? `${(ms / 1_000).toFixed(1)} s` : `${Math.round(ms)} ms`;
}

/** `1,234 ticks`, `1 tick`. */
export function counted(count: number, noun: string): string {
  return `${count.toLocaleString('en-US')} ${noun}${count === 1 ? '' : 's'}`;
}

/** Gaps that are not filled: those that may be, and those of which the venue has nothing. */
export function countedGaps({ open, forGood }: { readonly open: number; readonly forGood: number }): string {
  const text = open === 0 ? 'no open gap' : counted(open, 'open gap');
  return forGood === 0 ? text : `${text}, and ${counted(forGood, 'gap')} that cannot be filled`;
}

const MAX_DECIMALS = 20;

/** A number in decimals, never in powers of ten: 0.00000812, not 8.12e-6. The digits are those of String. */
export function decimal(value: number): string {
  const text = String(value);
  const [digits = '', exponent] = text.split('e-');
  if (exponent === undefined) return text;
  const decimals = (digits.split('.')[1]?.length ?? 0) + Number(exponent);
  return decimals > MAX_DECIMALS ? text : value.toFixed(decimals);
}

/** Columns aligned for reading; numbers to the right. */
export function table(header: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const texts = rows.map((row) => row.map((cell) => (typeof cell === 'number' ? decimal(cell) : cell)));
  const widths = header.map((title, column) =>
    texts.reduce((width, row) => Math.max(width, row[column]?.length ?? 0), title.length),
  );
  const isNumber = header.map(
    (_, column) => rows.length > 0 && rows.every((row) => typeof row[column] === 'number'),
  );
  const line = (cells: readonly string[]): string =>
    cells
      .map((cell, column) => {
        const width = widths[column] ?? 0;
        return isNumber[column] === true ? cell.padStart(width) : cell.padEnd(width);
      })
      .join('  ')
      .trimEnd();
  return `${[header, ...texts].map(line).join('\n')}\n`;
}

/** Comma-separated values as RFC 4180 has them. */
export function csv(
  header: readonly string[],
  rows: readonly (readonly (string | number | boolean | null)[])[],
): string {
  const cell = (value: string | number | boolean | null): string => {
    if (typeof value === 'number') return decimal(value);
    const text = value === null ? '' : String(value);
    return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
  };
  return `${[header, ...rows].map((row) => row.map(cell).join(',')).join('\n')}\n`;
}

/** A JSON array with one row a line: a program parses it, a person can look at it. */
export function jsonRows(rows: readonly object[]): string {
  return rows.length === 0 ? '[]\n' : `[\n${rows.map((row) => JSON.stringify(row)).join(',\n')}\n]\n`;
}
