import { calendars } from '@tickwright/market';
import { Ledger } from '@tickwright/ledger';
import { TickwrightError } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { createEngine } from '@tickwright/trading';
import type { Config } from '@tickwright/config';
import type { StrategyLibrary } from '../strategies/strategy-library.ts';
import { PlanError } from '../strategies/strategy-errors.ts';
import type { ConsumedLog } from './consumed-log.ts';
import { ReplayDesk } from './replay-desk.ts';
import type { ReplayCounts } from './replay-desk.ts';

export interface ReplayRange {
  /** Inclusive, microseconds UTC. */
  readonly fromMicros: number;
  /** Exclusive. */
  readonly toMicros: number;
}

/** There is nothing in the range, or what it needs is no longer kept. */
export class ReplayRangeError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'replay-range' });
  }
}

export interface ReplayOptions {
  readonly config: Config;
  readonly library: StrategyLibrary;
  readonly range: ReplayRange;
  /** A new file. */
  readonly ledgerPath: string;
  readonly speed: number;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

export interface ReplayReport extends ReplayCounts {
  readonly ledger: string;
  readonly account: object;
  /** Tables of which the rows differ from what the live run stored. */
  readonly different: readonly string[];
}

/**
 * Replays what a runner has consumed, from the begin of the run that the range begins in, and compares signals, orders and
 * fills with what was stored then. Errors: ReplayRangeError; PlanError: a strategy that the run had is not there.
 */
export async function replayLog(
  options: ReplayOptions & { readonly consumed: ConsumedLog },
): Promise<ReplayReport> {
  const { config, consumed, library, range, ledgerPath, speed, clock, log, signal } = options;
  const span = await consumed.eventRange(range.fromMicros, range.toMicros);
  if (span === undefined)
    throw new ReplayRangeError('nothing was consumed in this range: see --from and --to');
  const run = (await consumed.runs()).find(({ seq }) => seq <= span.first);
  if (run === undefined) throw new ReplayRangeError('the begin of the run of this range is no longer kept');
  await using ledger = await Ledger.open({ path: ledgerPath, limits: config.runner.ledger, log, clock });
  const engine = createEngine({ strategies: library.find, calendars, state: run.state });
  const desk = new ReplayDesk({ engine, ledger, run: { ...run, mode: 'replay' }, speed, clock, signal });
  for await (const events of consumed.events(run.seq, span.last)) {
    for (const event of events) {
      if (event.type === 'start') {
        const gone = event.config.strategies.find(({ use }) => library.find(use) === undefined);
        if (gone !== undefined)
          throw new PlanError(
            `the run had a strategy "${gone.use}", which is not configured here: name its file`,
          );
      }
      await desk.take(event);
    }
  }
  await desk.flush();
  const all = { first: run.seq, last: span.last };
  const different: string[] = [];
  for (const table of ['signals', 'orders', 'fills'] as const) {
    const [then, now] = [await consumed.texts(table, all), await ledger.queries.texts(table, all)];
    if (then.length !== now.length || then.some((text, at) => text !== now[at])) different.push(table);
  }
  return { ...desk.counts, ledger: ledgerPath, account: engine.account(), different };
}
