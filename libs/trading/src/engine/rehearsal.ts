import { MINUTE_MICROS, instrumentKey } from '@tickwright/market';
import type { Calendars, InstrumentKey } from '@tickwright/market';
import type { Candle } from '../contract/candle.ts';
import type { EngineConfig } from '../contract/engine-config.ts';
import type { EngineEvent } from '../contract/event.ts';
import type { InstrumentRules } from '../contract/instrument-rules.ts';
import type { EngineOutput } from '../contract/output.ts';
import type { StrategyDefinition } from '../contract/strategy.ts';
import { decimal } from '../decimal.ts';
import { createEngine } from './trading-engine.ts';

/** So many signals, orders and fills make the paths known to the JavaScript engine. */
const INSTRUMENTS = 20;
const MINUTES = 12;

const EVERY_MINUTE: StrategyDefinition = {
  name: 'rehearsal',
  description: 'long at even minutes, flat at odd ones',
  interval: '1m',
  parameters: { safeParse: (value) => ({ success: true, data: value }) },
  warmUp: () => 0,
  create: () => ({
    onCandle: ({ openMicros }) => ({
      direction: (openMicros / MINUTE_MICROS) % 2 === 0 ? 'long' : 'flat',
      confidence: 1,
      reason: 'rehearsed',
    }),
  }),
};

type Unnumbered = EngineEvent extends infer Event
  ? Event extends EngineEvent
    ? Omit<Event, 'seq' | 'timeMicros'>
    : never
  : never;

/**
 * Runs signals, orders and fills through an engine of its own, on a market that does not exist, before the first real ones:
 * code that runs for the first time takes several times as long, and the first orders of a day are those that matter. Fills,
 * fees and account as the configuration has them. Returns what came out, for whoever wants to count it.
 */
export function rehearse(options: {
  readonly config: EngineConfig;
  readonly calendars: Calendars;
  /** A whole minute from which on it takes place, microseconds UTC: the fees of that day count. */
  readonly fromMicros: number;
}): EngineOutput[] {
  const { config, calendars, fromMicros } = options;
  const engine = createEngine({ strategies: () => EVERY_MINUTE, calendars });
  const keys = Array.from({ length: INSTRUMENTS }, (_, at) => instrumentKey(`REHEARSAL|${at}`));
  const outputs: EngineOutput[] = [];
  const feed = (event: Unnumbered, timeMicros: number): void => {
    outputs.push(engine.process({ ...event, seq: outputs.length + 1, timeMicros }));
  };
  feed({ type: 'start', runId: EVERY_MINUTE.name, config: rehearsedConfig(config, keys) }, fromMicros);
  for (let minute = 0; minute < MINUTES; minute += 1) {
    const openMicros = fromMicros + minute * MINUTE_MICROS;
    const timeMicros = openMicros + MINUTE_MICROS;
    const candle = candleAt(openMicros, 100 + (minute % 3) / 4);
    for (const instrument of keys)
      feed({ type: 'candle', instrument, interval: '1m', phase: 'live', candle }, timeMicros);
    const { latencyMs } = config.fills;
    const eventMicros = timeMicros + latencyMs * 1_000;
    const trade = { eventMicros, price: candle.close, quantity: 1_000, offset: minute, index: 0 };
    for (const instrument of keys)
      feed({ type: 'tick', instrument, ...trade, side: 'unknown' }, Math.max(timeMicros, eventMicros));
  }
  return outputs;
}

function rehearsedConfig(config: EngineConfig, instruments: readonly InstrumentKey[]): EngineConfig {
  const rules = instruments.map((instrument): InstrumentRules => ({
    instrument,
    calendar: 'always',
    currency: config.account.currency,
    fees: config.instruments[0]?.fees ?? 'none',
    tickSize: decimal('0.01'),
    lotSize: decimal('1'),
    minQuantity: null,
    minValue: null,
    lowerBand: null,
    upperBand: null,
    canShort: false,
    isHalted: false,
    haltReason: '',
  }));
  return {
    ...config,
    account: { ...config.account, cash: decimal('1000000'), calendar: 'always' },
    instruments: rules,
    squareOff: null,
    maxSignalAgeMs: Number.MAX_SAFE_INTEGER,
    strategies: [
      {
        id: EVERY_MINUTE.name,
        use: EVERY_MINUTE.name,
        interval: EVERY_MINUTE.interval,
        instruments,
        parameters: {},
        orders: {
          sizing: { kind: 'quantity', quantity: decimal('1') },
          allowShort: false,
          minConfidence: 0,
        },
        isEnabled: true,
        forming: false,
        signalOnIncomplete: false,
        signalOnStale: false,
      },
    ],
  };
}

function candleAt(openMicros: number, price: number): Candle {
  return {
    openMicros,
    closeMicros: openMicros + MINUTE_MICROS,
    open: price,
    high: price + 0.5,
    low: price - 0.5,
    close: price + 0.25,
    volume: 1_000,
    tradeCount: 10,
    state: 'closed',
    isComplete: true,
    version: openMicros / 1_000,
    source: 'ticks',
  };
}
