import type { AlertRow, Ledger, LedgerEntry, RunRow } from '@tickwright/ledger';
import { LedgerSequenceError } from '@tickwright/ledger';
import { SerialGate, backoff } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import type { Engine, EngineConfig, EngineEvent, EngineOutput } from '@tickwright/trading';
import type { EngineInput } from './engine-input.ts';

/** Events of one transaction, and candles in them; between two the event loop runs. */
const BATCH_EVENTS = 500;
const BATCH_CANDLES = 20_000;
/** An append that failed is tried again after these times, for ever: the engine is ahead and waits. */
const RETRY = { minMs: 100, maxMs: 5_000 };

/** Told after its events were stored, in order; must be quick and must not throw. */
export type DeskListener = (entries: readonly LedgerEntry[]) => void;

export interface DeskOptions {
  readonly engine: Engine;
  readonly ledger: Pick<Ledger, 'append' | 'lastSeq' | 'lastTimeMicros'>;
  /** What people are told of an event, stored with it. */
  readonly alertsOf?: (entry: { event: EngineEvent; output: EngineOutput }) => readonly AlertRow[];
  readonly clock: Clock;
  readonly log: Log;
}

export interface DeskHealth {
  state: 'ok' | 'failing';
  /** By the monotonic clock; undefined before the first. */
  lastStoredMs: number | undefined;
  lastError: string | undefined;
  retries: number;
  events: number;
  /** How long the last transaction took, engine and commit. */
  lastTookMs: number;
}

/**
 * Where events meet the engine and the ledger, one batch after the other: numbered, processed, stored in one transaction,
 * then told. What is not stored was never told.
 */
export class Desk {
  readonly health: DeskHealth = {
    state: 'ok',
    lastStoredMs: undefined,
    lastError: undefined,
    retries: 0,
    events: 0,
    lastTookMs: 0,
  };
  readonly #options: DeskOptions;
  readonly #gate = new SerialGate();
  readonly #listeners: DeskListener[] = [];
  #seq: number;
  #timeMicros: number;

  constructor(options: DeskOptions) {
    this.#options = options;
    this.#seq = options.ledger.lastSeq;
    this.#timeMicros = options.ledger.lastTimeMicros;
  }

  get engine(): Engine {
    return this.#options.engine;
  }

  /** Time of the newest event. */
  get timeMicros(): number {
    return this.#timeMicros;
  }

  listen(listener: DeskListener): void {
    this.#listeners.push(listener);
  }

  /** Begins a run: the engine takes the configuration over, and the book as it stands is stored with it. */
  async begin(
    run: Pick<RunRow, 'runId' | 'mode' | 'release'> & { readonly config: EngineConfig },
    signal: AbortSignal,
  ): Promise<void> {
    const { config, ...row } = run;
    await this.#gate.run(async () => {
      const state = this.engine.state();
      const entry = this.#process({ type: 'start', runId: run.runId, config });
      const { seq, timeMicros } = entry.event;
      await this.#store([{ ...entry, run: { ...row, seq, timeMicros, state } }], signal);
    });
  }

  /**
   * Takes events in their order; resolves when all are stored. Rejects with the signal's reason when that is aborted
   * first: then they are not stored, and the engine must not be used any more.
   */
  async take(inputs: readonly EngineInput[], signal: AbortSignal): Promise<readonly EngineOutput[]> {
    const outputs: EngineOutput[] = [];
    for (const batch of batchesOf(inputs)) {
      await this.#gate.run(async () => {
        signal.throwIfAborted();
        const startedMs = this.#options.clock.monotonicMs();
        const entries = batch.map((input) => this.#process(input));
        await this.#store(entries, signal);
        this.health.lastTookMs = this.#options.clock.monotonicMs() - startedMs;
        outputs.push(...entries.map(({ output }) => output));
      });
    }
    return outputs;
  }

  #process(input: EngineInput): LedgerEntry {
    const { engine, clock, alertsOf } = this.#options;
    this.#seq += 1;
    // The wall clock may step back; the engine's time does not.
    this.#timeMicros = Math.max(this.#timeMicros, clock.nowMicros());
    const event: EngineEvent = { ...input, seq: this.#seq, timeMicros: this.#timeMicros };
    const output = engine.process(event);
    const alerts = alertsOf?.({ event, output }) ?? [];
    return { event, output, ...(alerts.length > 0 && { alerts }) };
  }

  async #store(entries: readonly LedgerEntry[], signal: AbortSignal): Promise<void> {
    const { ledger, clock, log } = this.#options;
    const waits = backoff(RETRY);
    for (;;) {
      try {
        await ledger.append(entries);
        break;
      } catch (error) {
        if (error instanceof LedgerSequenceError) throw error;
        this.health.lastError = error instanceof Error ? error.message : String(error);
        if (this.health.state === 'ok') log.error({ err: error }, 'the ledger takes nothing; trading waits');
        this.health.state = 'failing';
        this.health.retries += 1;
        await clock.sleep(waits.nextMs(), signal);
      }
    }
    if (this.health.state !== 'ok') log.info({}, 'the ledger takes events again');
    Object.assign(this.health, {
      state: 'ok',
      lastError: undefined,
      lastStoredMs: clock.monotonicMs(),
      events: this.health.events + entries.length,
    });
    for (const listener of this.#listeners) listener(entries);
  }
}

function* batchesOf(inputs: readonly EngineInput[]): Generator<readonly EngineInput[]> {
  let from = 0;
  let candles = 0;
  for (const [at, input] of inputs.entries()) {
    const more = input.type === 'history' ? input.candles.length : 1;
    if (at > from && (at - from >= BATCH_EVENTS || candles + more > BATCH_CANDLES)) {
      yield inputs.slice(from, at);
      from = at;
      candles = 0;
    }
    candles += more;
  }
  if (from < inputs.length) yield inputs.slice(from);
}
