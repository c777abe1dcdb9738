import type { LostSpan } from '@tickwright/market';
import type { Action, Finding, OffsetRange } from '@tickwright/upkeep';
import { counted, isoTime, table } from './formats.ts';

export interface TableRows {
  readonly subject: string;
  readonly rows: number;
  readonly hash: string;
}

/** What `doctor` found, and what a repair did. */
export interface DoctorReport {
  readonly findings: readonly Finding[];
  readonly repair:
    | {
        readonly actions: readonly Action[];
        readonly lost: readonly OffsetRange[];
        readonly spans: readonly LostSpan[];
        readonly before: readonly TableRows[];
        readonly after: readonly TableRows[];
        readonly remaining: readonly Finding[];
      }
    | undefined;
}

/** Rows of one kind printed at most; `--json` has all. */
const MAX_ROWS = 40;

export function readableReport({ findings, repair }: DoctorReport): string {
  const found = section(
    'FOUND',
    ['', 'check', 'subject', 'found', 'to do'],
    findings.map((one) => [one.severity, one.check, one.subject, one.found, one.toDo]),
  );
  if (repair === undefined) return `${found}${verdict(findings)}\n`;
  const did = section(
    'DID',
    ['subject', 'did', 'original'],
    repair.actions.map(({ subject, did, quarantine }) => [subject, did, quarantine ?? '']),
  );
  const sums = section(
    'ROWS',
    ['table', 'rows before', 'rows after', 'hash before', 'hash after'],
    tableRows(repair.before, repair.after),
  );
  const lost = [
    ...repair.lost.map(({ firstOffset, endOffset }) => `frames ${firstOffset} to ${endOffset - 1} are lost`),
    ...repair.spans.map(spanText),
  ].map((text) => [text]);
  const left = repair.remaining.map((one) => [`${one.subject}: ${one.found}. ${one.toDo}`]);
  const could = section('COULD NOT', ['what remains'], [...lost, ...left]);
  return `${found}${did}${sums}${could}${repairVerdict(repair)}\n`;
}

function spanText({ instrument, fromMicros, toMicros, fromId, toId }: LostSpan): string {
  const ids = fromId < 0 && toId < 0 ? '' : `, ids ${fromId < 0 ? '?' : fromId} to ${toId < 0 ? '?' : toId}`;
  return `${instrument}: ticks are lost from ${isoTime(fromMicros)} to ${isoTime(toMicros)}${ids}; a gap says so`;
}

function tableRows(before: readonly TableRows[], after: readonly TableRows[]): (string | number)[][] {
  const old = new Map(before.map((one) => [one.subject, one]));
  const now = new Map(after.map((one) => [one.subject, one]));
  return [...new Set([...old.keys(), ...now.keys()])].map((subject) => {
    const [was, is] = [old.get(subject), now.get(subject)];
    return [subject, String(was?.rows ?? '-'), String(is?.rows ?? '-'), was?.hash ?? '-', is?.hash ?? '-'];
  });
}

function section(title: string, header: readonly string[], rows: readonly (string | number)[][]): string {
  if (rows.length === 0) return '';
  const more = rows.length > MAX_ROWS ? `and ${rows.length - MAX_ROWS} more (--json)\n` : '';
  return `${title}\n${table(header, rows.slice(0, MAX_ROWS))}${more}\n`;
}

function verdict(findings: readonly Finding[]): string {
  const errors = findings.filter(({ severity }) => severity === 'error');
  if (errors.length === 0) return 'nothing is wrong';
  const canRepair = errors.filter((one) => one.canRepair).length;
  const hint = canRepair === 0 ? '' : `; "tickwright doctor --repair" mends ${canRepair} of them`;
  return `${counted(errors.length, 'fault')}${hint}`;
}

function repairVerdict(repair: NonNullable<DoctorReport['repair']>): string {
  const { remaining, spans, actions } = repair;
  if (remaining.length > 0) return `${counted(remaining.length, 'fault')} could not be mended`;
  if (spans.length > 0) return 'mended, and what is lost is stated as gaps';
  return actions.length === 0 ? 'there was nothing to mend' : 'all is mended, nothing is lost';
}
