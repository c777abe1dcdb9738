import { UsageError } from './usage-error.ts';

const EXAMPLES = 'expected for example 2026-11-20, 2026-11-20T09:15:00Z, 2026-11-20T09:15+05:30 or now';
const TIME =
  /^(?<date>\d{4}-\d{2}-\d{2})(?:[T ](?<clock>\d{2}:\d{2}(?::\d{2})?)(?:(?<=:\d{2}:\d{2})\.(?<fraction>\d{1,6}))?(?<zone>Z|[+-]\d{2}:?\d{2})?)?$/;

/** A point in time from the command line: ISO 8601 (UTC when it names no zone), a date, or "now". Returns microseconds. */
export function timeArgument(text: string, nowMicros: number): number {
  if (text === 'now') return nowMicros;
  const { date, clock = '00:00', fraction = '', zone = 'Z' } = TIME.exec(text)?.groups ?? {};
  const ms = Date.parse(`${date}T${clock}${zone}`);
  // Date.parse makes March of February 30.
  const isDay = date !== undefined && sameDay(date);
  if (Number.isNaN(ms) || !isDay) throw new UsageError(`"${text}" is no time: ${EXAMPLES}`);
  return ms * 1_000 + Number(fraction.padEnd(6, '0'));
}

function sameDay(date: string): boolean {
  const ms = Date.parse(`${date}T00:00:00Z`);
  return !Number.isNaN(ms) && new Date(ms).toISOString().startsWith(date);
}

/** --from and --to in microseconds, [from, to); absent where the flag is. Errors: UsageError, also for an empty range. */
export function timeRange(
  flags: { readonly from?: string; readonly to?: string },
  nowMicros: number,
): { readonly fromMicros?: number; readonly toMicros?: number } {
  const fromMicros = flags.from === undefined ? undefined : timeArgument(flags.from, nowMicros);
  const toMicros = flags.to === undefined ? undefined : timeArgument(flags.to, nowMicros);
  if (fromMicros !== undefined && toMicros !== undefined && fromMicros >= toMicros) {
    throw new UsageError(`--from ${flags.from} is not before --to ${flags.to}: the range is empty`);
  }
  return {
    ...(fromMicros === undefined ? {} : { fromMicros }),
    ...(toMicros === undefined ? {} : { toMicros }),
  };
}
