import type { CoreVerification } from '@tickwright/ingestor';
import { ExitCode } from '@tickwright/runtime';
import { counted, countedGaps } from '../formats.ts';
import { ownerOf } from '../owner.ts';
import type { Owner } from '../owner.ts';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { UsageError } from '../usage-error.ts';
import { coverageCommand } from './coverage.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

/** Differences, and gaps, printed at most; `--json` has all that the report lists. */
const MAX_LINES = 20;

export interface VerifyFlags extends CommonFlags {
  readonly coverage?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly instruments?: readonly string[];
  readonly symbols?: readonly string[];
}

export async function verifyCommand(terminal: Terminal, flags: VerifyFlags): Promise<number> {
  if (flags.coverage === true) return await coverageCommand(terminal, flags);
  for (const name of ['from', 'to', 'instruments', 'symbols'] as const) {
    if (flags[name] !== undefined)
      throw new UsageError(`--${name} goes with --coverage: verify proves all there is`);
  }
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, terminal);
  const report = await verified(owner, terminal.signal);
  const { mismatches } = await import('@tickwright/ingestor');
  const differences = mismatches(report);
  const text = flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : readable(report, differences);
  await print(terminal.stdout, text);
  return differences === 0 ? ExitCode.ok : ExitCode.mismatch;
}

async function verified(owner: Owner, signal: AbortSignal): Promise<CoreVerification> {
  if (owner.kind === 'running') return (await (await owner.ask('/api/v1/verify')).json()) as CoreVerification;
  await using owned = await owner.open('verify');
  const { verifyCore } = await import('@tickwright/ingestor');
  // Awaited here: the core must not be closed before the verification has ended.
  return await verifyCore(owned.core, signal);
}

/** What was checked, what differs, what is missing, and the verdict last, where the eye is. */
export function readable(report: CoreVerification, differences: number): string {
  const { instruments, ticks, candles, days } = report.checked;
  const proved = report.provedTicks.toLocaleString('en');
  const verdict = differences === 0 ? 'everything agrees' : counted(differences, 'difference');
  const forGood = report.unfillableGaps;
  const gaps = countedGaps({ open: report.openGaps.length - forGood, forGood });
  const lines = [
    `checked ${counted(ticks, 'tick')} (${proved} of them against the journal) and ${counted(candles, 'candle')} of ${counted(instruments, 'instrument')} on ${counted(days, 'day')}`,
    ...limited(
      report.problems.map((problem) => `DIFFERS  ${problem.message}`),
      differences,
    ),
    ...limited(
      report.openGaps.map((gap) => `gap      ${gap}`),
      report.openGaps.length,
    ),
    `${verdict}; ${gaps}`,
  ];
  return `${lines.join('\n')}\n`;
}

function limited(lines: readonly string[], total: number): string[] {
  const shown = lines.slice(0, MAX_LINES);
  if (total > shown.length)
    shown.push(`         and ${(total - shown.length).toLocaleString('en-US')} more (--json)`);
  return shown;
}
