import { storeName } from '../api/ingestor-status.ts';
import type { IngestorStatus } from '../api/ingestor-status.ts';
import { total } from '../api/metrics.ts';
import type { Metrics } from '../api/metrics.ts';
import type { Ops } from '../api/ops.ts';
import { element, fill } from '../dom/element.ts';
import { bytes, decimalText, whole } from '../format/numbers.ts';
import { age } from '../format/times.ts';
import { factList } from '../shell/panel.ts';

const HOUR_MS = 3_600_000;

/** Retries and conflicts in words: how many, in which time, how many an hour. */
export function anHour(count: number | undefined, uptimeMs: number | null | undefined): string {
  if (count === undefined || uptimeMs === null || uptimeMs === undefined) return 'not known';
  const hours = Math.max(uptimeMs, 60_000) / HOUR_MS;
  return `${whole(count)} in ${age(uptimeMs)}${count === 0 ? '' : `, ${decimalText(count / hours, 1)} an hour`}`;
}

/** The number that people used to count: how often a file was busy. */
export function showRetries(
  target: HTMLElement,
  known: { status: IngestorStatus | undefined; ops: Ops | undefined; metrics: Metrics | undefined },
): void {
  const { status, ops, metrics } = known;
  const up = status?.uptimeMs;
  const runnerUp = ops?.processes.find(({ name }) => name === 'runner')?.uptimeMs;
  const locks =
    metrics === undefined ? undefined : total(metrics, 'tickwright_database_lock_conflicts_total');
  const source = ops?.runner.candleSource;
  const tone = (count: number | undefined): string | undefined => ((count ?? 0) > 0 ? 'warn' : undefined);
  fill(
    target,
    element(
      'p',
      { class: 'big-figure' },
      element('b', { 'data-tone': tone(locks) }, locks === undefined ? '–' : whole(locks)),
      ` lock conflicts ${locks === undefined ? 'not counted by this ingestor' : `in ${age(up)}`}`,
    ),
    factList([
      [
        'Lock conflicts',
        locks === undefined ? 'each database file has one owner' : anHour(locks, up),
        tone(locks),
      ],
      ['Retries of flushes', anHour(status?.tickFile?.retries, up), tone(status?.tickFile?.retries)],
      ['Retries of publishing', anHour(status?.candles?.retries, up), tone(status?.candles?.retries)],
      ['Retries of candle reads', anHour(source?.retriesTotal, runnerUp), tone(source?.retriesTotal)],
      ['Flushes given up', anHour(status?.tickFile?.failures, up), tone(status?.tickFile?.failures)],
    ]),
  );
}

/** Disk, write-ahead logs, queues and what each store holds. */
export function showStorage(
  target: HTMLElement,
  known: { status: IngestorStatus | undefined; ops: Ops | undefined; metrics: Metrics | undefined },
): void {
  const { status, ops, metrics } = known;
  const disk = status?.disk;
  const labelled = (name: string): readonly (readonly [string, number])[] =>
    (metrics?.get(name) ?? []).map(({ labels, value }) => [labels['database'] ?? '', value] as const);
  const used = disk === undefined ? null : 1 - disk.freeBytes / disk.totalBytes;
  const meter = element('meter', { min: 0, max: 1, high: 0.9, value: used ?? 0, 'aria-label': 'Disk used' });
  fill(
    target,
    disk === undefined ? null : meter,
    factList([
      [
        'Disk free',
        disk === undefined
          ? 'not known'
          : `${bytes(disk.freeBytes)} of ${bytes(disk.totalBytes)}; pauses below ${bytes(disk.reserveBytes)}`,
        disk !== undefined && disk.state !== 'ok' ? 'bad' : undefined,
      ],
      ...labelled('tickwright_database_wal_bytes').map(
        ([name, value]) => [`WAL of ${name}`, bytes(value)] as const,
      ),
      ...labelled('tickwright_database_write_queue_depth').map(
        ([name, value]) => [`Queue of ${name}`, whole(value), value > 50 ? 'warn' : undefined] as const,
      ),
      ...(ops?.runner.queues ?? []).map(
        ({ name, depth, limit, dropped }) =>
          [`Queue of ${name}`, `${depth} of ${limit}${dropped > 0 ? `, ${dropped} dropped` : ''}`] as const,
      ),
      ['Tick buffer', `${whole(status?.tickFile?.waitingRows)} rows`],
      ...(status?.limits ?? []).map((use) => [`Store: ${storeName(use)}`, storeText(use)] as const),
      ['Last backup', backupText(status)],
    ]),
  );
}

function storeText({
  bytes: size,
  count,
  limit,
}: {
  readonly bytes: number;
  readonly count: number;
  readonly limit: { readonly bytes?: number; readonly hours?: number };
}): string {
  const limits = [
    limit.bytes === undefined ? '' : bytes(limit.bytes),
    limit.hours === undefined ? '' : age(limit.hours * HOUR_MS),
  ].filter((text) => text !== '');
  return `${bytes(size)} in ${whole(count)} ${count === 1 ? 'file' : 'files'}${limits.length === 0 ? '' : `; kept: ${limits.join(', ')}`}`;
}

function backupText(status: IngestorStatus | undefined): string {
  const backups = status?.backups;
  if (backups === undefined) return 'not known';
  if (backups.ageMs === null) return `none yet${backups.failures > 0 ? `, ${backups.failures} failed` : ''}`;
  return `${age(backups.ageMs)} ago, ${bytes(backups.lastBytes)}`;
}
