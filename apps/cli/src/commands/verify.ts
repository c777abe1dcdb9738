import { mismatches, verifyCore } from '@tickwright/ingestor';
import type { CoreVerification } from '@tickwright/ingestor';
import { ExitCode } from '@tickwright/runtime';

import { ownerOf } from '../owner.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export async function verifyCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, logOf(terminal, config, 'verify'));
  const report = await verified(owner, terminal.signal);
  await print(
    terminal.stdout,
    flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : readable(report),
  );
  return mismatches(report) === 0 ? ExitCode.ok : ExitCode.mismatch;
}

async function verified(
  owner: Awaited<ReturnType<typeof ownerOf>>,
  signal: AbortSignal,
): Promise<CoreVerification> {
  if (owner.kind === 'running') return (await (await owner.ask('/api/v1/verify')).json()) as CoreVerification;
  await using owned = await owner.open();
  // Awaited here: the core must not be closed before the verification has ended.
  return await verifyCore(owned.core, signal);
}

function readable(report: CoreVerification): string {
  const { instruments, ticks, candles, days } = report.checked;
  const lines = [
    `checked ${ticks} ticks and ${candles} candles of ${instruments} instruments on ${days} days`,
  ];
  for (const problem of report.problems) lines.push(`DIFFERS  ${problem.message}`);
  for (const gap of report.knownGaps) lines.push(`gap      ${gap.message}`);
  for (const gap of report.openGaps) lines.push(`gap      ${gap}`);
  if (report.truncated) lines.push('(the list is cut; --json gives the counts of all)');
  const total = mismatches(report);
  const verdict = total === 0 ? 'everything agrees' : `${total} differences`;
  const gaps =
    report.openGaps.length === 0 ? 'no open gap' : `${report.openGaps.length} open gaps, named above`;
  lines.push(`${verdict}; ${gaps}`);
  return `${lines.join('\n')}\n`;
}
