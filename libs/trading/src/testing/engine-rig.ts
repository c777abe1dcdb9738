import { MINUTE_MICROS, bucketOf, calendars, instrumentKey } from '@tickwright/market';
import type { InstrumentKey, Interval } from '@tickwright/market';
import type { Candle } from '../contract/candle.ts';
import type { Engine } from '../contract/engine.ts';
import type { EngineConfig, StrategyConfig } from '../contract/engine-config.ts';
import type { CandlePhase, Command, EngineEvent } from '../contract/event.ts';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import type { Order, OrderRequest } from '../contract/order.ts';
import type { EngineOutput, EngineState } from '../contract/output.ts';
import type { StrategyDefinition } from '../contract/strategy.ts';
import { decimal } from '../decimal.ts';
import { createEngine } from '../engine/trading-engine.ts';
import { feeSchedules } from '../fees/built-in-schedules.ts';

export const ALPHA = instrumentKey('SIM|ALPHA');
export const BETA = instrumentKey('SIM|BETA');

/** 2026-11-18, a Wednesday, 09:15 in India: the NSE opens. */
export const OPEN = Date.UTC(2026, 10, 18, 3, 45) * 1000;

/** The n-th minute of the session. */
export function minute(n: number): number {
  return OPEN + n * MINUTE_MICROS;
}

export function rulesOf(instrument: InstrumentKey, change: Partial<InstrumentRules> = {}): InstrumentRules {
  return {
    instrument,
    calendar: 'nse',
    currency: 'INR',
    fees: 'none',
    tickSize: decimal('0.05'),
    lotSize: decimal('1'),
    minQuantity: null,
    minValue: null,
    lowerBand: null,
    upperBand: null,
    canShort: true,
    isHalted: false,
    haltReason: '',
    ...change,
  };
}

export function strategyOf(change: Partial<StrategyConfig> & { readonly use: string }): StrategyConfig {
  return {
    id: `${change.use}@1m`,
    interval: '1m',
    instruments: [ALPHA],
    parameters: {},
    orders: {
      sizing: { kind: 'quantity', quantity: decimal('10') },
      allowShort: true,
      minConfidence: 0,
    },
    isEnabled: true,
    forming: false,
    signalOnIncomplete: false,
    signalOnStale: false,
    ...change,
  };
}

/** Fills on 1m candles without slippage, cap, fees, limits or square-off, on 100,000 INR: each test changes what it is about. */
export function configOf(change: Partial<EngineConfig> = {}): EngineConfig {
  return {
    account: { cash: decimal('100000'), currency: 'INR', calendar: 'nse', marginRate: decimal('1') },
    strategies: [],
    instruments: [rulesOf(ALPHA), rulesOf(BETA)],
    feeSchedules,
    fills: { on: 'candles', interval: '1m', slippageBps: decimal('0'), participation: null, latencyMs: 0 },
    risk: {
      maxOrderValue: null,
      maxOrderQuantity: null,
      maxPositionValue: null,
      maxExposure: null,
      maxWorkingOrders: null,
      maxOrdersPerDay: null,
      maxDailyLoss: null,
    },
    squareOff: null,
    maxSignalAgeMs: 60_000,
    ...change,
  };
}

/** Prices of a candle: open, high, low, close and, if it matters, the volume. */
export type Prices = readonly [number, number, number, number, number?];

export function candleAt(
  openMicros: number,
  prices: Prices,
  change: Partial<Candle> & { readonly interval?: Interval } = {},
): Candle {
  const { interval = '1m', ...rest } = change;
  const [open, high, low, close, volume = 1_000] = prices;
  const bucket = bucketOf(openMicros, interval, calendars('nse'));
  return {
    openMicros,
    closeMicros: bucket?.closeMicros ?? openMicros + MINUTE_MICROS,
    open,
    high,
    low,
    close,
    volume,
    tradeCount: 1,
    state: 'closed',
    isComplete: true,
    version: openMicros / 1000,
    source: 'ticks',
    ...rest,
  };
}

type Unnumbered = EngineEvent extends infer Event
  ? Event extends EngineEvent
    ? Omit<Event, 'seq' | 'timeMicros'>
    : never
  : never;

/** Feeds an engine, keeps what it was fed and what came out, and folds the state rows as the ledger does. */
export class EngineRig {
  readonly events: EngineEvent[] = [];
  readonly outputs: EngineOutput[] = [];
  readonly #definitions: readonly StrategyDefinition[];
  #folded: Record<string, EngineState[string]> = {};
  #now = OPEN;
  engine: Engine;

  constructor(definitions: readonly StrategyDefinition[] = []) {
    this.#definitions = definitions;
    this.engine = this.#make();
  }

  /** As the ledger would have it: the newest value of each row, through JSON. */
  get folded(): EngineState {
    return this.#folded;
  }

  start(config: EngineConfig): EngineOutput {
    return this.feed({ type: 'start', runId: `run-${this.events.length}`, config });
  }

  /** kill -9: a new engine from what the ledger has. */
  crash(): void {
    this.engine = this.#make(this.#folded);
  }

  /** Sets the time of the next events. */
  at(micros: number): this {
    this.#now = Math.max(this.#now, micros);
    return this;
  }

  /** A closed candle, at its closing. */
  candle(
    openMicros: number,
    prices: Prices,
    change: Partial<Candle> & {
      readonly interval?: Interval;
      readonly instrument?: InstrumentKey;
      readonly phase?: CandlePhase;
    } = {},
  ): EngineOutput {
    const { instrument = ALPHA, phase = 'live', ...rest } = change;
    const candle = candleAt(openMicros, prices, rest);
    this.at(candle.state === 'forming' ? openMicros : candle.closeMicros);
    return this.feed({ type: 'candle', instrument, interval: rest.interval ?? '1m', phase, candle });
  }

  tick(eventMicros: number, price: number, quantity = 1_000, instrument = ALPHA): EngineOutput {
    this.at(eventMicros);
    const trade = { instrument, eventMicros, price, quantity, side: 'unknown', offset: 1, index: 0 } as const;
    return this.feed({ type: 'tick', ...trade });
  }

  clock(micros: number): EngineOutput {
    return this.at(micros).feed({ type: 'clock' });
  }

  command(command: Command, commandId = `c-${this.events.length}`): EngineOutput {
    return this.feed({ type: 'command', commandId, command });
  }

  /** Places an order by hand. Returns it as it was taken in or rejected. */
  order(change: Partial<OrderRequest> = {}): Order {
    const output = this.command({ kind: 'place-order', request: requestOf(change) });
    const order = output.orders.at(0)?.order;
    if (order === undefined) throw new Error('the engine made no order');
    return order;
  }

  /** The order's last state. */
  orderNow(id: string): Order {
    const order = this.outputs
      .flatMap((output) => output.orders)
      .findLast((each) => each.order.id === id)?.order;
    if (order === undefined) throw new Error(`there was no order ${id}`);
    return order;
  }

  feed(event: Unnumbered): EngineOutput {
    const head = { seq: this.engine.lastSeq + 1, timeMicros: this.#now };
    const whole: EngineEvent = JSON.parse(JSON.stringify({ ...head, ...event }));
    const output = this.engine.process(whole);
    this.events.push(whole);
    this.outputs.push(output);
    for (const { key, value } of JSON.parse(JSON.stringify(output.state)) as EngineOutput['state']) {
      if (value === null) delete this.#folded[key];
      else this.#folded[key] = value;
    }
    return output;
  }

  get fills() {
    return this.outputs.flatMap((output) => output.fills);
  }

  #make(state?: EngineState): Engine {
    const strategies = (name: string) => this.#definitions.find((definition) => definition.name === name);
    return createEngine({ strategies, calendars, ...(state === undefined ? {} : { state }) });
  }
}

export function requestOf(change: Partial<OrderRequest> = {}): OrderRequest {
  return {
    instrument: ALPHA,
    side: 'buy',
    type: 'market',
    validity: 'day',
    quantity: decimal('10'),
    limitPrice: null,
    stopPrice: null,
    reduceOnly: false,
    ...change,
  };
}
