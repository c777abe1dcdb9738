import { run } from '@tickwright/runner';
import { INTERVALS } from '@tickwright/market';
import { systemClock } from '@tickwright/runtime';
import { prepareDataDirectory } from '../data-directory.ts';
import { PAGES } from '../dashboard-pages.ts';
import { settings, withServiceLog } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { flaggedKeys } from '../sources.ts';
import type { SourceFlags } from '../sources.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

export interface RunFlags extends CommonFlags, SourceFlags {
  readonly mode: 'paper' | 'replay' | 'backtest';
  readonly strategies?: readonly string[];
  readonly interval?: string;
  readonly candles?: 'files' | 'feed';
  readonly zmq?: boolean;
  readonly from?: string;
  readonly to?: string;
  readonly speed: number;
  readonly ledger?: string;
}

export async function runCommand(terminal: Terminal, flags: RunFlags): Promise<number> {
  const config = await settings(terminal, flags, runOverrides(flags));
  if (flags.mode !== 'paper') {
    const { replayRunCommand } = await import('./run-replay.ts');
    return await replayRunCommand(terminal, config, flags);
  }
  await prepareDataDirectory(config.dataDir);
  await withServiceLog(terminal, config, 'runner', (log) =>
    run({
      config,
      version: VERSION,
      clock: systemClock,
      log,
      signal: terminal.signal,
      abandon: terminal.abandon,
      pages: PAGES,
      onUp: (addresses) => {
        log.info({ ...addresses, dataDir: config.dataDir }, 'running strategies in paper mode');
        terminal.tellLauncher({ type: 'up', addresses });
      },
    }),
  );
  return 0;
}

/** `--set`-style overrides that the flags stand for. */
export function runOverrides(flags: RunFlags): string[] {
  const keys = flaggedKeys(flags);
  const names = (flags.strategies ?? []).flatMap((value) => value.split(',')).map((name) => name.trim());
  const strategies = names.filter((name) => name !== '');
  const { interval } = flags;
  if (interval !== undefined && !INTERVALS.some((each) => each === interval))
    throw new UsageError(`--interval ${interval}: expected one of ${INTERVALS.join(' ')}`);
  if (interval !== undefined && strategies.length === 0)
    throw new UsageError('--interval is that of --strategies: name them');
  const wantsFeed = flags.zmq === true || flags.candles === 'feed';
  if (flags.zmq === true && flags.candles === 'files')
    throw new UsageError('--zmq is --candles feed, not files');
  return [
    ...(keys.length === 0 ? [] : [`runner.instruments=${JSON.stringify(keys)}`]),
    ...(strategies.length === 0
      ? []
      : [`runner.strategies=${JSON.stringify(strategies.map((use) => ({ use, interval })))}`]),
    ...(wantsFeed ? ['runner.candles=feed', 'feed.kind=zeromq'] : []),
    ...(flags.candles === 'files' ? ['runner.candles=files'] : []),
  ];
}
