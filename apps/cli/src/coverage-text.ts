import type { CoverageJson } from '@tickwright/ingestor';
import { counted, readableTime, table } from './formats.ts';

/** Rows printed at most; `--json` has all. */
const MAX_ROWS = 40;

/** Days that are incomplete, or have candles where none may be, one by one; all of them counted; the verdict last. */
export function readableCoverage(rows: readonly CoverageJson[]): string {
  if (rows.length === 0) return 'nothing to check: no candles of that time, or none that is over\n';
  const amiss = rows.filter(({ missing, outsideCount }) => missing + outsideCount > 0);
  // Few are told one by one, of many those that something is amiss with.
  const shown = (rows.length <= MAX_ROWS ? rows : amiss).slice(0, MAX_ROWS);
  const lines = [
    ...(shown.length === 0 ? [] : [table(HEADER, shown.map(cells)).trimEnd()]),
    ...(amiss.length > shown.length
      ? [`and ${counted(amiss.length - shown.length, 'more day')} (--json)`]
      : []),
    ...shown.flatMap(notes),
    verdict(rows),
  ];
  return `${lines.join('\n')}\n`;
}

const HEADER = [
  'instrument',
  'day',
  'expected',
  'candles',
  'no trades',
  'quiet',
  'missing',
  'not subscribed',
  'outside',
  'complete',
];

function cells(row: CoverageJson): (string | number)[] {
  const { instrument, date, expected, present, untraded, quiet, missing, unwatched, outsideCount } = row;
  return [
    instrument,
    date,
    expected,
    present,
    untraded,
    quiet,
    missing,
    unwatched,
    outsideCount,
    percent(row.completeness),
  ];
}

function notes({ instrument, missingSpans, outside, outsideCount }: CoverageJson): string[] {
  const missing = missingSpans.map(
    ({ from, to, cause, state, reason }) =>
      `MISSING  ${instrument}: ${shortTime(from)} to ${shortTime(to)}, ${cause}, ${state}${reason === undefined ? '' : `: ${reason}`}`,
  );
  const [first] = outside;
  const more = outsideCount > 1 ? ` and ${outsideCount - 1} more` : '';
  return first === undefined
    ? missing
    : [...missing, `OUTSIDE  ${instrument}: the candle of ${shortTime(first)}${more} is outside the session`];
}

function verdict(rows: readonly CoverageJson[]): string {
  const sum = (
    name: 'expected' | 'present' | 'untraded' | 'quiet' | 'missing' | 'unwatched' | 'partial',
  ): number => rows.reduce((total, row) => total + row[name], 0);
  const asked = sum('expected') - sum('unwatched');
  const missing = sum('missing');
  const amiss = missing === 0 ? 'nothing is missing' : `${counted(missing, 'minute')} missing`;
  const partial = sum('partial') === 0 ? '' : `; ${counted(sum('partial'), 'candle')} touched by an open gap`;
  const complete = asked === 0 ? '' : `, ${percent((asked - missing) / asked)} complete`;
  return `${counted(rows.length, 'day')} of instruments, ${counted(asked, 'minute')} expected: ${counted(sum('present'), 'candle')}, ${sum('untraded').toLocaleString('en-US')} without a trade, ${sum('quiet').toLocaleString('en-US')} quiet; ${amiss}${complete}${partial}`;
}

/** Never 100 % of what is not whole. */
function percent(part: number | null): string {
  if (part === null) return '-';
  return part === 1 ? '100 %' : `${(Math.floor(part * 10_000) / 100).toFixed(2)} %`;
}

function shortTime(iso: string): string {
  return readableTime(Date.parse(iso) * 1_000).replace(':00Z', 'Z');
}
