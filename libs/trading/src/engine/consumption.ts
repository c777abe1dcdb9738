import type { Candle } from '../contract/candle.ts';
import { StateTable } from '../state-rows.ts';
import type { StateRows } from '../state-rows.ts';
import type { OutputDraft } from './output-draft.ts';
import type { StrategyInstance } from './strategy-instance.ts';

interface ConsumedRecord {
  readonly openMicros: number;
  readonly version: number;
}

/** What strategies consumed last of their instruments, over restarts: so that nothing is consumed twice. */
export class Consumption {
  readonly #table: StateTable<ConsumedRecord>;

  constructor(rows: StateRows) {
    this.#table = new StateTable(rows, 'consumed');
  }

  /** openMicros of the last closed candle that the strategy consumed. */
  upTo(instance: StrategyInstance): number | undefined {
    return this.#table.get(instance.key)?.openMicros;
  }

  /** Notes that a strategy consumed a candle. Whether it is newer than all it consumed, in this run or an earlier one. */
  note(draft: OutputDraft, instance: StrategyInstance, candle: Candle): boolean {
    const { key, config, context } = instance;
    const before = this.#table.get(key);
    const { openMicros, version } = candle;
    const isNewer = before === undefined || openMicros > before.openMicros;
    const isRevised = before?.openMicros === openMicros && version > before.version;
    if (isNewer || isRevised) this.#table.put(key, { openMicros, version });
    if (isNewer || isRevised || candle.state === 'revised')
      draft.addConsumed(key, {
        strategy: config.id,
        instrument: context.instrument,
        interval: context.interval,
        openMicros,
        version,
      });
    return isNewer;
  }
}
