import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Config } from '@tickwright/config';
import { calendars } from '@tickwright/market';
import { Ledger, ledgerPath, replayLedgerPath } from '@tickwright/ledger';
import { acquireInstanceLock } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { openCandleQuery, readInstruments } from '@tickwright/store';
import { engineConfig, requireKnown } from '../run-plan.ts';
import { openStrategyLibrary } from '../strategies/strategy-library.ts';
import { backtest } from './backtest.ts';
import type { ConsumedLog } from './consumed-log.ts';
import { ReplayRangeError, replayLog } from './replay-log.ts';
import type { ReplayRange, ReplayReport } from './replay-log.ts';

export interface ReplayRunOptions {
  readonly config: Config;
  readonly mode: 'replay' | 'backtest';
  readonly range: ReplayRange;
  readonly speed: number;
  /** A new file; made under the data directory's `runner/replays` unless given. */
  readonly ledger?: string;
  /** What the running runner has consumed; without it its ledger is opened, for which it must not run. */
  readonly consumed?: ConsumedLog;
  readonly version: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** Replays what was consumed, or stored candles, with the configured strategies, into a ledger of its own. */
export async function runReplay(options: ReplayRunOptions): Promise<ReplayReport> {
  const { config, mode, clock, log, version } = options;
  const { dataDir } = config;
  const library = await openStrategyLibrary(config);
  const file = options.ledger ?? newPath(dataDir, options);
  if (existsSync(file)) throw new ReplayRangeError(`${file} is there already: name a new file with --ledger`);
  const common = { ...options, library, ledgerPath: file };
  if (mode === 'replay') {
    if (options.consumed !== undefined) return await replayLog({ ...common, consumed: options.consumed });
    const own = ledgerPath(dataDir);
    if (!existsSync(own))
      throw new ReplayRangeError(
        `nothing was consumed yet: ${own} does not exist; --mode backtest runs on candles`,
      );
    await using _lock = await acquireInstanceLock(join(dataDir, 'runner'), { announce: 'later' });
    await using ledger = await Ledger.open({ path: own, limits: config.runner.ledger, log, clock });
    return await replayLog({ ...common, consumed: ledger.queries });
  }
  const described = await readInstruments(dataDir);
  requireKnown(config, described);
  const plan = engineConfig({ config, library, described });
  await using query = await openCandleQuery({ dataDir, log, clock, calendars });
  return await backtest({ ...common, plan, query, release: version });
}

function newPath(dataDir: string, { mode, clock }: ReplayRunOptions): string {
  const stamp = new Date(clock.nowMicros() / 1_000).toISOString().replaceAll(/[:.]/g, '-');
  return replayLedgerPath(dataDir, `${mode}-${stamp}`);
}
