import type { Candle } from '../contract/candle.ts';
import type { StrategyConfig } from '../contract/engine-config.ts';
import type { CandlePhase, DataChange } from '../contract/event.ts';
import type { Vote } from '../contract/signal.ts';
import type {
  DataState,
  ParameterIssue,
  Strategy,
  StrategyContext,
  StrategyDefinition,
  StrategyState,
  StrategyView,
} from '../contract/strategy.ts';

const DIRECTIONS: readonly string[] = ['long', 'short', 'flat'];

/**
 * One strategy on one instrument: makes it, feeds it, and keeps its exceptions from everybody else. Once it throws it is
 * stopped, until it is made anew.
 */
export class StrategyInstance {
  readonly config: StrategyConfig;
  readonly context: StrategyContext;
  /** Of what it consumed, in the state. */
  readonly key: string;
  readonly #definition: StrategyDefinition | undefined;
  #parameters: unknown;
  #strategy: Strategy | undefined;
  #error = '';
  #warmUp = 0;
  #memory = 0;
  #seen = 0;
  #lastCandleMicros: number | null = null;
  disabledReason: string | null = null;
  lastSignalId: string | null = null;

  constructor(config: StrategyConfig, context: StrategyContext, definition: StrategyDefinition | undefined) {
    this.config = config;
    this.context = context;
    this.key = `${config.id}/${context.interval}/${context.instrument}`;
    this.#definition = definition;
    this.#check();
    this.make();
  }

  get isStopped(): boolean {
    return this.#error !== '';
  }

  /** It has seen no candle since it was made. */
  get isFresh(): boolean {
    return this.#seen === 0;
  }

  get isWarm(): boolean {
    return this.#seen >= this.#warmUp;
  }

  /** How many closed candles are kept for it. */
  get memory(): number {
    return this.#memory;
  }

  /** Makes the strategy anew, without memory. One that threw gets another chance. */
  make(): void {
    if (this.#definition === undefined || this.#parameters === undefined) return;
    const { context } = this;
    const definition = this.#definition;
    this.#error = '';
    this.#strategy = undefined;
    this.#seen = 0;
    this.#lastCandleMicros = null;
    this.#guard('could not be made', () => {
      this.#warmUp = candleCount(definition.warmUp(this.#parameters, context), 'warmUp');
      const memory = definition.memory?.(this.#parameters, context) ?? this.#warmUp;
      this.#memory = Math.max(this.#warmUp, candleCount(memory, 'memory'));
      this.#strategy = definition.create(this.#parameters, context);
    });
  }

  /** Feeds a candle. Returns its vote, if it has one and did not throw. */
  feed(candle: Candle, view: StrategyView): Vote | undefined {
    const strategy = this.#strategy;
    if (strategy === undefined || this.isStopped) return undefined;
    return this.#guard('threw at a candle', () => this.#give(strategy, candle, view));
  }

  /** Feeds candles one after the other, until it throws. What it votes at them counts for nothing. */
  remember(candles: readonly Candle[], view: StrategyView): void {
    const strategy = this.#strategy;
    if (strategy === undefined || this.isStopped) return;
    this.#guard('threw at a candle', () => {
      for (const candle of candles) this.#give(strategy, candle, view);
    });
  }

  tell(change: DataChange, state: DataState): void {
    const strategy = this.#strategy;
    if (strategy === undefined || this.isStopped) return;
    this.#guard('threw at a change of data', () => strategy.onData?.(change, state));
  }

  /** Whether a vote at the next live candle could count, as far as the strategy goes. */
  willCount(phase: CandlePhase): boolean {
    return phase === 'live' && this.#seen + 1 >= this.#warmUp && this.disabledReason === null;
  }

  state(): StrategyState {
    const { config, context } = this;
    return {
      strategy: config.id,
      use: config.use,
      instrument: context.instrument,
      interval: config.interval,
      ...this.#status(),
      warmUp: this.#warmUp,
      candles: Math.min(this.#seen, this.#warmUp),
      lastCandleMicros: this.#lastCandleMicros,
      lastSignalId: this.lastSignalId,
    };
  }

  #give(strategy: Strategy, candle: Candle, view: StrategyView): Vote | undefined {
    if (candle.state !== 'forming') {
      this.#seen += 1;
      this.#lastCandleMicros = candle.openMicros;
    }
    return checkedVote(strategy.onCandle(candle, view));
  }

  #status(): Pick<StrategyState, 'status' | 'reason'> {
    if (this.isStopped) return { status: 'stopped', reason: this.#error };
    if (this.disabledReason !== null) return { status: 'disabled', reason: this.disabledReason };
    if (!this.isWarm) return { status: 'warming', reason: `${this.#seen} of ${this.#warmUp} candles` };
    return { status: 'running', reason: '' };
  }

  #check(): void {
    if (this.#definition === undefined) {
      this.#error = `there is no strategy "${this.config.use}"`;
      return;
    }
    const checked = this.#definition.parameters.safeParse(this.config.parameters);
    if (checked.success) this.#parameters = checked.data;
    else this.#error = `its parameters are wrong: ${checked.error.issues.map(issueText).join('; ')}`;
  }

  #guard<Result>(what: string, run: () => Result): Result | undefined {
    try {
      return run();
    } catch (error) {
      this.#error = `${what}: ${error instanceof Error ? error.message : String(error)}`;
      this.#strategy = undefined;
      return undefined;
    }
  }
}

function issueText(issue: ParameterIssue): string {
  return `${issue.path.map(String).join('.') || 'parameters'}: ${issue.message}`;
}

function candleCount(value: number, name: string): number {
  if (Number.isSafeInteger(value) && value >= 0) return value;
  throw new RangeError(`${name} gave ${value}: expected a whole number of candles`);
}

function checkedVote(vote: Vote | undefined): Vote | undefined {
  if (vote === undefined) return undefined;
  const { direction, confidence, reason } = vote;
  if (!DIRECTIONS.includes(direction))
    throw new RangeError(`it voted "${direction}": expected one of ${DIRECTIONS.join(', ')}`);
  if (!(confidence >= 0 && confidence <= 1))
    throw new RangeError(`it voted with confidence ${confidence}: expected 0 to 1`);
  return { direction, confidence, reason };
}
