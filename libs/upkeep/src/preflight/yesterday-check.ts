import { calendars, dayCoverage, daysOf, requireYear } from '@tickwright/market';
import type { DayCoverage, Gap, SessionCalendar } from '@tickwright/market';
import type { Clock, Log } from '@tickwright/runtime';
import { openCandleScan, presentMinutes, readPublishedGaps } from '@tickwright/store';
import { fault, note, ok, reasonOf } from './finding.ts';
import type { Finding } from './finding.ts';

export interface YesterdayOptions {
  readonly dataDir: string;
  readonly instruments: readonly { readonly key: string; readonly calendar: string }[];
  readonly clock: Clock;
  readonly log: Log;
}

const NAMED_MAX = 5;
const NOTHING = { untraded: new Set<number>(), traded: new Set<number>(), contiguous: [], watched: [] };

/**
 * Whether the last session day of each calendar is whole, by what is published alone: nobody has to run, and nothing is
 * opened that another process may hold. Minutes without a candle are missing where a gap is not filled.
 */
export async function checkYesterday(options: YesterdayOptions): Promise<Finding[]> {
  const byCalendar = new Map<string, string[]>();
  for (const { key, calendar } of options.instruments) {
    byCalendar.set(calendar, [...(byCalendar.get(calendar) ?? []), key]);
  }
  const gaps = (await readPublishedGaps(options)).filter(({ state }) => state !== 'filled');
  const findings: Finding[] = [];
  for (const [name, keys] of byCalendar) {
    const calendar = calendars(name);
    const subject = `last day of calendar ${name}`;
    try {
      findings.push(await checkDay(options, { calendar, keys, gaps, subject }));
    } catch (error) {
      findings.push(note('yesterday', subject, `not known: ${reasonOf(error)}`));
    }
  }
  return findings;
}

async function checkDay(
  { dataDir, clock, log }: YesterdayOptions,
  asked: { calendar: SessionCalendar; keys: readonly string[]; gaps: readonly Gap[]; subject: string },
): Promise<Finding> {
  const { calendar, keys, gaps, subject } = asked;
  const nowMicros = clock.nowMicros();
  requireYear(calendar, Number(calendar.dateOf(nowMicros).slice(0, 4)));
  const session = calendar.previousSession(nowMicros);
  if (session === undefined) return note('yesterday', subject, 'the calendar knows no session before now');
  const { fromMicros, toMicros } = calendar.spanOf(session.date);
  const [day] = daysOf(calendar, { from: fromMicros, to: toMicros });
  await using scan = await openCandleScan({ log });
  const present = await presentMinutes({ dataDir, scan, clock }).present(day, keys);
  const days = keys.map((key) => ({
    key,
    day: dayCoverage(calendar, day, {
      ...NOTHING,
      present: present.get(key) ?? new Set(),
      gaps: gaps.filter(({ instrument }) => instrument === key),
    }),
  }));
  return judge(subject, session.date, days);
}

function judge(
  subject: string,
  date: string,
  days: readonly { readonly key: string; readonly day: DayCoverage }[],
): Finding {
  const torn = days.filter(({ day }) => day.missing > 0);
  if (torn.length > 0) {
    const named = torn
      .slice(0, NAMED_MAX)
      .map(({ key, day }) => `${key} ${day.missing} min (${causesOf(day)})`);
    const more = torn.length > NAMED_MAX ? ` and ${torn.length - NAMED_MAX} more` : '';
    const found = `${date} is not whole: ${named.join(', ')}${more}`;
    const toDo = 'let the ingestor run, it asks the venue; tickwright verify --coverage tells each minute';
    return fault({ check: 'yesterday', subject, severity: 'warning', found, toDo });
  }
  const candles = days.reduce((sum, { day }) => sum + day.present, 0);
  if (candles === 0) return note('yesterday', subject, `nothing is stored of ${date}`);
  return ok('yesterday', subject, `${date}: ${candles.toLocaleString('en-US')} candles, no gap`);
}

function causesOf({ missingSpans }: DayCoverage): string {
  return [...new Set(missingSpans.map(({ cause, state }) => `${cause}, ${state}`))].join('; ');
}
