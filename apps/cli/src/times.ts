import { UsageError } from './usage-error.ts';

/** A point in time from the command line: ISO 8601 (UTC when it names no zone), a date, or "now". Returns microseconds. */
export function timeArgument(text: string, nowMicros: number): number {
  if (text === 'now') return nowMicros;
  const hasZone = /(?:Z|[+-]\d{2}:?\d{2})$/.test(text);
  const isDate = /^\d{4}-\d{2}-\d{2}$/.test(text);
  const isTime = /^\d{4}-\d{2}-\d{2}[T ]\d{2}:\d{2}(?::\d{2}(?:\.\d{1,6})?)?(?:Z|[+-]\d{2}:?\d{2})?$/.test(
    text,
  );
  const ms =
    isDate || isTime
      ? Date.parse(hasZone || isDate ? text.replace(' ', 'T') : `${text.replace(' ', 'T')}Z`)
      : NaN;
  if (Number.isNaN(ms)) {
    throw new UsageError(
      `"${text}" is no time: expected for example 2026-11-20, 2026-11-20T09:15:00Z or now`,
    );
  }
  const fraction = /\.(\d{1,6})/.exec(text)?.[1] ?? '';
  return Math.floor(ms / 1_000) * 1_000_000 + (fraction === '' ? 0 : Number(fraction.padEnd(6, '0')));
}
