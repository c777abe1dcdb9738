import { join } from 'node:path';
import type { Config } from '@tickwright/config';
import { runReplay } from '@tickwright/runner';
import type { ReplayReport } from '@tickwright/runner';
import { ExitCode, readInstance, systemClock } from '@tickwright/runtime';
import { requireData } from '../data-directory.ts';
import { counted } from '../formats.ts';
import { logOf } from '../settings.ts';
import { timeRange } from '../times.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';
import { consumedBy } from '../consumed.ts';
import type { RunFlags } from './run.ts';

/** `run --mode replay` and `--mode backtest`: 8 when a replay differs from what the live run has stored. */
export async function replayRunCommand(terminal: Terminal, config: Config, flags: RunFlags): Promise<number> {
  requireData(config.dataDir);
  const mode = flags.mode === 'backtest' ? 'backtest' : 'replay';
  const { fromMicros = 0, toMicros = systemClock.nowMicros() } = timeRange(flags, systemClock.nowMicros());
  const instance = mode === 'replay' ? await readInstance(join(config.dataDir, 'runner')) : undefined;
  const report = await runReplay({
    config,
    mode,
    range: { fromMicros, toMicros },
    speed: flags.speed,
    version: VERSION,
    clock: systemClock,
    log: logOf(terminal, config, mode),
    signal: terminal.signal,
    ...(flags.ledger !== undefined && { ledger: flags.ledger }),
    ...(instance !== undefined && { consumed: consumedBy(instance, terminal) }),
  });
  const text = flags.json === true ? `${JSON.stringify(report, null, 2)}\n` : told(mode, report);
  await print(terminal.stdout, text);
  return report.different.length === 0 ? ExitCode.ok : ExitCode.mismatch;
}

function told(mode: string, { events, signals, orders, fills, different, ledger }: ReplayReport): string {
  const verdict =
    mode === 'backtest'
      ? ''
      : different.length === 0
        ? '; identical to the live run'
        : `; DIFFERENT from the live run: ${different.join(', ')}`;
  return `${mode}: ${counted(events, 'event')}, ${counted(signals, 'signal')}, ${counted(orders, 'order change')}, ${counted(fills, 'fill')}${verdict}\nledger: ${ledger}\n`;
}
