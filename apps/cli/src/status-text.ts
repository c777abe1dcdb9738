import { readableBytes } from '@tickwright/runtime';
import type { LimitUse } from '@tickwright/upkeep';
import { counted, countedGaps, duration, readableTime, table } from './formats.ts';

/** Instruments, and gaps, listed one by one at most; the rest is counted. */
const MAX_LISTED = 20;
/** States in which nothing is amiss; instruments in them are counted only. */
const WELL: ReadonlySet<string> = new Set(['live', 'quiet', 'first-tick', 'unsubscribed']);

/** The part of the ingestor's status report that is printed; the whole of it comes with --json. */
export interface StatusReport {
  readonly ok: boolean;
  readonly ready: boolean;
  readonly phase: string;
  readonly pid: number;
  readonly uptimeMs: number;
  readonly reasons: readonly string[];
  /** Milliseconds; null for what has not happened in this run. */
  readonly ages: Readonly<Record<string, number | null>>;
  readonly ticks?: Readonly<Record<string, number>>;
  readonly journal?: { readonly durableOffset: number; readonly nextOffset: number };
  readonly limits?: readonly LimitUse[];
  readonly subscriptionChanges?: readonly StatusChanges[];
  readonly gaps?: readonly StatusGap[];
  /** Null where recovery is switched off. */
  readonly recovery?: StatusRecovery | null;
  readonly backups?: StatusBackups;
  readonly streams?: readonly {
    readonly venue: string;
    readonly subscriptions: readonly StatusSubscription[];
  }[];
}

interface StatusBackups {
  /** Null: there is none. */
  readonly ageMs: number | null;
  readonly lastDurationMs: number;
  readonly lastBytes: number;
  readonly failures: number;
  readonly commandFailures: number;
  readonly lastError?: string;
}

export interface StatusRecovery {
  readonly state: string;
  readonly instruments: number;
  /** Ids and minutes. */
  readonly done: number;
  readonly left: number;
  readonly perSecond: number;
  readonly leftMs: number | null;
}

interface StatusChanges {
  readonly venue: string;
  readonly subscribed: readonly string[];
  readonly unsubscribed: readonly string[];
}

interface StatusGap {
  readonly instrument: string;
  readonly cause: string;
  readonly state: string;
  readonly fromMicros: number;
  readonly reason?: string;
}

interface StatusSubscription {
  readonly instrument: string;
  readonly state: string;
  readonly lastTickMicros: number;
  readonly reason?: string;
}

/** The verdict first, then its reasons, then what it rests on; a screen at most, however many instruments there are. */
export function readableStatus(report: StatusReport, nowMs: number): string {
  const verdict = report.ok && report.ready ? 'READY' : 'NOT READY';
  const lines = [
    `${verdict}  ingestor, process ${report.pid}, ${report.phase} for ${duration(report.uptimeMs)}`,
    ...report.reasons.map((reason) => `  because: ${reason}`),
    `  ${ages(report.ages)}`,
    ...amounts(report),
    ...backups(report.backups),
    ...subscriptions(report, nowMs),
    ...changes(report.subscriptionChanges ?? []),
    ...limits(report.limits ?? []),
    ...recovery(report.recovery),
    ...gaps(report.gaps ?? [], nowMs),
  ];
  return `${lines.join('\n')}\n`;
}

function ages(ages: StatusReport['ages']): string {
  return Object.entries(ages)
    .map(([name, age]) => {
      const words = name.replaceAll(/([A-Z])/g, ' $1').toLowerCase();
      return age === null ? `no ${words.replace(/^last /, '')} yet` : `${words} ${duration(age)} ago`;
    })
    .join(', ');
}

function amounts({ journal, ticks }: StatusReport): string[] {
  if (journal === undefined || ticks === undefined) return [];
  const { accepted = 0, duplicates = 0 } = ticks;
  const waiting = journal.nextOffset - journal.durableOffset;
  const durable =
    waiting === 0
      ? `${counted(journal.nextOffset, 'frame')}, all durable`
      : `${counted(journal.nextOffset, 'frame')}, ${waiting.toLocaleString('en-US')} not yet durable`;
  return [
    `  ${durable}; in this run ${counted(accepted, 'tick')} taken, ${counted(duplicates, 'duplicate')} left out`,
  ];
}

function backups(made: StatusBackups | undefined): string[] {
  if (made === undefined) return [];
  const { ageMs, lastBytes, lastDurationMs, failures, commandFailures, lastError } = made;
  const last =
    ageMs === null
      ? 'no backup yet'
      : `last backup ${duration(ageMs)} ago, ${readableBytes(lastBytes)} in ${duration(lastDurationMs)}`;
  if (failures + commandFailures === 0) return [`  ${last}`];
  const failed = `${failures} failed, ${commandFailures} not copied elsewhere`;
  return [`  ${last}; in this run ${failed}${lastError === undefined ? '' : `: ${lastError}`}`];
}

function subscriptions({ streams = [] }: StatusReport, nowMs: number): string[] {
  const lines = streams.map(({ venue, subscriptions: all }) => {
    const states = [...countsOf(all.map(({ state }) => state))].map(([state, count]) => `${count} ${state}`);
    return `  ${venue}: ${counted(all.length, 'instrument')}${all.length === 0 ? '' : ` (${states.join(', ')})`}`;
  });
  const amiss = streams.flatMap((stream) => stream.subscriptions.filter(({ state }) => !WELL.has(state)));
  if (amiss.length === 0) return lines;
  const rows = amiss
    .slice(0, MAX_LISTED)
    .map(({ instrument, state, lastTickMicros, reason = '' }) => [
      `  ${instrument}`,
      state,
      lastTickMicros > 0 ? `${duration(Math.max(0, nowMs - lastTickMicros / 1_000))} ago` : 'never',
      reason,
    ]);
  return [...lines, '', ...listed(['  instrument', 'state', 'last tick', 'reason'], rows, amiss.length)];
}

/** What is being fetched, how fast, and for how long still. */
export function recoveryText(report: StatusRecovery): string {
  const { instruments, done, left, perSecond, leftMs } = report;
  const rate = perSecond > 0 ? `, ${perSecond.toLocaleString('en-US')} a second` : '';
  const until = left === 0 || leftMs === null ? '' : `, ${duration(leftMs)} left`;
  const amount = `${done.toLocaleString('en-US')} of ${(done + left).toLocaleString('en-US')} trades and minutes`;
  return `recovery of ${counted(instruments, 'instrument')}: ${amount}${rate}${until}`;
}

function recovery(report: StatusRecovery | null | undefined): string[] {
  return report?.state === 'running' ? ['', `  ${recoveryText(report)}`] : [];
}

/** What subscribe and unsubscribe have changed of the configuration, one line a venue. */
function changes(all: readonly StatusChanges[]): string[] {
  return all.map(({ venue, subscribed, unsubscribed }) => {
    const more = subscribed.length === 0 ? '' : `, more: ${few(subscribed)}`;
    const less = unsubscribed.length === 0 ? '' : `, less: ${few(unsubscribed)}`;
    return `  ${venue}: unlike the configuration${more}${less}`;
  });
}

function few(keys: readonly string[]): string {
  return keys.length <= 5 ? keys.join(' ') : `${keys.slice(0, 5).join(' ')} and ${keys.length - 5} more`;
}

/** One line an instrument: 2,000 gaps of one night are 2,000 instruments of one cause at worst. */
function gaps(all: readonly StatusGap[], nowMs: number): string[] {
  if (all.length === 0) return ['  no open gap'];
  const byInstrument = new Map<string, StatusGap[]>();
  for (const gap of all) {
    const list = byInstrument.get(gap.instrument);
    if (list === undefined) byInstrument.set(gap.instrument, [gap]);
    else list.push(gap);
  }
  const rows = [...byInstrument]
    .map(([instrument, list]) => ({ instrument, list, oldest: oldestOf(list) }))
    .sort((a, b) => a.oldest - b.oldest)
    .slice(0, MAX_LISTED)
    .map(({ instrument, list, oldest }) => [
      `  ${instrument}`,
      list.length,
      `${readableTime(oldest)} (${duration(Math.max(0, nowMs - oldest / 1_000))} ago)`,
      [...countsOf(list.map(({ cause, state }) => `${cause}, ${state}`)).keys()].join('; '),
      list.find(({ reason }) => reason !== undefined)?.reason ?? '',
    ]);
  return [
    '',
    `  ${gapCounts(all)} of ${counted(byInstrument.size, 'instrument')}`,
    ...listed(['  instrument', 'gaps', 'oldest since', 'cause and state', 'reason'], rows, byInstrument.size),
  ];
}

function gapCounts(all: readonly StatusGap[]): string {
  const forGood = all.filter(({ state }) => state === 'unfillable').length;
  const text = countedGaps({ open: all.length - forGood, forGood });
  return forGood === 0 ? text : `${text},`;
}

/** Used of its limit, one line a store. */
function limits(uses: readonly LimitUse[]): string[] {
  if (uses.length === 0) return [];
  const rows = uses.map(({ store, bytes, count, hours, limit, warning }) => [
    `  ${store}`,
    limit.bytes === undefined
      ? readableBytes(bytes)
      : `${readableBytes(bytes)} / ${readableBytes(limit.bytes)}`,
    limit.hours === undefined ? age(hours) : `${age(hours)} / ${age(limit.hours)}`,
    limit.count === undefined ? String(count) : `${count} / ${limit.count}`,
    warning ?? '',
  ]);
  return ['', table(['  kept', 'size', 'oldest', 'count', 'note'], rows).trimEnd()];
}

function age(hours: number): string {
  return hours < 72 ? `${Math.round(hours)} h` : `${Math.round(hours / 24)} d`;
}

function oldestOf(list: readonly StatusGap[]): number {
  return list.reduce((oldest, gap) => Math.min(oldest, gap.fromMicros), Number.POSITIVE_INFINITY);
}

function listed(
  header: readonly string[],
  rows: readonly (readonly (string | number)[])[],
  total: number,
): string[] {
  const more = total - rows.length;
  return [
    table(header, rows).trimEnd(),
    ...(more > 0 ? [`  and ${more.toLocaleString('en-US')} more (--json)`] : []),
  ];
}

function countsOf(names: readonly string[]): Map<string, number> {
  const counts = new Map<string, number>();
  for (const name of names) counts.set(name, (counts.get(name) ?? 0) + 1);
  return counts;
}
