import type { StoreRepair } from '@tickwright/ingestor';
import type { Config } from '@tickwright/config';
import { ExitCode, InstanceLockedError, readInstance, systemClock } from '@tickwright/runtime';
import type { InstanceInfo } from '@tickwright/runtime';
import type { CheckedStore, Finding } from '@tickwright/upkeep';
import { join } from 'node:path';
import { readableReport } from '../doctor-text.ts';
import type { DoctorReport } from '../doctor-text.ts';
import { environmentFindings } from '../environment-findings.ts';
import { premarketFindings } from '../premarket-findings.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export interface DoctorFlags extends CommonFlags {
  readonly repair?: boolean;
}

/** Checks that speak of what is stored; the first of these decides the exit code. */
const EXIT_CODES: readonly (readonly [ReadonlySet<string>, number])[] = [
  [new Set(['journal', 'database', 'schema', 'part', 'candles', 'restore']), ExitCode.store],
  [new Set(['configuration']), ExitCode.configuration],
  [new Set(['port']), ExitCode.port],
];

/**
 * Says what is wrong with this machine and what is stored, and mends it with --repair. Exit 0: nothing is wrong (there
 * may be notes and warnings); 4: something stored is, or is lost; 3, 5: the configuration, a port; 7: anything else.
 */
export async function doctorCommand(terminal: Terminal, flags: DoctorFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const instance = await readInstance(join(config.dataDir, 'ingestor'));
  if (flags.repair === true && instance !== undefined) refuseRepair(config, instance);
  const log = logOf(terminal, config, 'doctor');
  const environment = [
    ...(await environmentFindings({ config, terminal, isRunning: instance !== undefined })),
    ...(await premarketFindings({ config, terminal, log })),
  ];
  const report =
    flags.repair === true
      ? await repaired(terminal, config, environment)
      : await checked(config, environment, instance !== undefined);
  const text = flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : readableReport(report);
  await print(terminal.stdout, text);
  return exitCode(report);
}

function refuseRepair(config: Config, instance: InstanceInfo): never {
  throw new InstanceLockedError({ directory: join(config.dataDir, 'ingestor'), holder: instance });
}

async function checked(config: Config, environment: Finding[], isRunning: boolean): Promise<DoctorReport> {
  const { checkStore } = await import('@tickwright/upkeep');
  const store = await checkStore({ dataDir: config.dataDir, isRunning });
  return { findings: [...environment, ...store.findings], repair: undefined };
}

async function repaired(terminal: Terminal, config: Config, environment: Finding[]): Promise<DoctorReport> {
  const { repairStore } = await import('@tickwright/ingestor');
  const log = logOf(terminal, config, 'doctor');
  const { signal } = terminal;
  const done = await repairStore({ config, version: VERSION, clock: systemClock, log, signal });
  const findings = [...environment, ...done.before.findings];
  return { findings, repair: { ...summary(done), remaining: remaining(done) } };
}

function summary({
  actions,
  lost,
  spans,
  before,
  after,
}: StoreRepair): Omit<NonNullable<DoctorReport['repair']>, 'remaining'> {
  return { actions, lost, spans, before: sums(before), after: sums(after) };
}

function sums({ tables }: CheckedStore): { subject: string; rows: number; hash: string }[] {
  return tables.flatMap(({ path, tables: of }) =>
    of.map(({ table, rows, hash }) => ({ subject: `${path} ${table}`, rows, hash })),
  );
}

function remaining({ after }: StoreRepair): Finding[] {
  return after.findings.filter(({ severity }) => severity === 'error');
}

function exitCode({ findings, repair }: DoctorReport): number {
  const isStore = EXIT_CODES[0][0];
  const errors = findings.filter(({ severity }) => severity === 'error');
  // After a repair what remains counts, not what was found; and what is lost remains lost.
  const left =
    repair === undefined
      ? errors
      : [...errors.filter(({ check }) => !isStore.has(check)), ...repair.remaining];
  if (repair !== undefined && repair.spans.length > 0) return ExitCode.store;
  for (const [checks, code] of EXIT_CODES) if (left.some(({ check }) => checks.has(check))) return code;
  return left.length > 0 ? ExitCode.unhealthy : ExitCode.ok;
}
