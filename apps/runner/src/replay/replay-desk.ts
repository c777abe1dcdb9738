import type { Ledger, LedgerEntry, RunRow } from '@tickwright/ledger';
import type { Clock } from '@tickwright/runtime';
import type { Engine, EngineEvent, EngineState, StateRow } from '@tickwright/trading';

/** Events of one transaction. */
const BATCH_EVENTS = 1_000;

export interface ReplayCounts {
  events: number;
  signals: number;
  orders: number;
  fills: number;
}

export interface ReplayDeskOptions {
  readonly engine: Engine;
  readonly ledger: Ledger;
  /** Of which run; its state is what the engine begins with. */
  readonly run: Pick<RunRow, 'runId' | 'mode' | 'release'> & { readonly state: EngineState };
  /** Times as fast as it was; Infinity: as fast as can be. */
  readonly speed: number;
  readonly clock: Clock;
  readonly signal: AbortSignal;
}

/** Feeds recorded events to an engine and stores what comes of them in a ledger of its own, at the pace asked for. */
export class ReplayDesk {
  readonly counts: ReplayCounts = { events: 0, signals: 0, orders: 0, fills: 0 };
  readonly #options: ReplayDeskOptions;
  readonly #batch: LedgerEntry[] = [];
  #lastMicros = 0;

  constructor(options: ReplayDeskOptions) {
    this.#options = options;
  }

  async take(event: EngineEvent): Promise<void> {
    const { engine, signal } = this.#options;
    signal.throwIfAborted();
    await this.#pace(event.timeMicros);
    const output = engine.process(event);
    this.counts.events += 1;
    this.counts.signals += output.signals.length;
    this.counts.orders += output.orders.length;
    this.counts.fills += output.fills.length;
    this.#batch.push(this.counts.events === 1 ? this.#first({ event, output }) : { event, output });
    if (this.#batch.length >= BATCH_EVENTS) await this.flush();
  }

  async flush(): Promise<void> {
    await this.#options.ledger.append(this.#batch);
    this.#batch.length = 0;
  }

  /** The first event of a replay begins its run, and takes the book it begins with along. */
  #first({ event, output }: LedgerEntry): LedgerEntry {
    const { run } = this.#options;
    const changed = new Set(output.state.map(({ key }) => key));
    const before: StateRow[] = Object.entries(run.state)
      .filter(([key]) => !changed.has(key))
      .map(([key, value]) => ({ key, value }));
    const { seq, timeMicros } = event;
    return {
      event,
      output: { ...output, state: [...before, ...output.state] },
      run: { ...run, seq, timeMicros },
    };
  }

  async #pace(timeMicros: number): Promise<void> {
    const { speed, clock, signal } = this.#options;
    const passedMicros = this.#lastMicros === 0 ? 0 : Math.max(0, timeMicros - this.#lastMicros);
    this.#lastMicros = timeMicros;
    if (Number.isFinite(speed) && passedMicros > 0) await clock.sleep(passedMicros / 1_000 / speed, signal);
  }
}
