import { ExitCode, systemClock } from '@tickwright/runtime';
import { ownerOf } from '../owner.ts';
import { settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { readableStatus } from '../status-text.ts';
import type { StatusReport } from '../status-text.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';

export async function statusCommand(terminal: Terminal, flags: CommonFlags): Promise<number> {
  const config = await settings(terminal, flags);
  const owner = await ownerOf(config, terminal);
  if (owner.kind === 'free') return notRunning(terminal, flags, config.dataDir);
  const report = (await (await owner.ask('/api/v1/status')).json()) as StatusReport;
  const text =
    flags.json === true
      ? `${JSON.stringify(report, null, 2)}\n`
      : readableStatus(report, systemClock.nowMicros() / 1_000);
  await print(terminal.stdout, text);
  return report.ok && report.ready ? ExitCode.ok : ExitCode.unhealthy;
}

async function notRunning(terminal: Terminal, flags: CommonFlags, dataDir: string): Promise<number> {
  const { readStatus } = await import('@tickwright/store');
  const left = await readStatus(dataDir);
  if (flags.json === true) {
    await print(terminal.stdout, `${JSON.stringify({ running: false, published: left ?? null }, null, 2)}\n`);
  } else {
    const published =
      left === undefined ? 'nothing was published there yet' : `candles were last published at ${left.time}`;
    await print(terminal.stdout, `NOT RUNNING  no ingestor works on ${dataDir}; ${published}\n`);
  }
  return ExitCode.unhealthy;
}
