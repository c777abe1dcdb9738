import type { Calendars, InstrumentKey, Interval } from '@tickwright/market';
import { intervalMicros } from '@tickwright/market';
import type { EngineConfig } from '../contract/engine-config.ts';
import type { CandleEvent, EngineEvent } from '../contract/event.ts';
import type { EngineOutput } from '../contract/output.ts';
import type { ScannerRow, ScannerStatus } from '../contract/scanner-row.ts';
import type { Signal } from '../contract/signal.ts';
import type { StrategyState, StrategyStatus } from '../contract/strategy.ts';
import { Exact, toDecimal } from '../decimal.ts';
import { holdingKey } from '../book/fold-fills.ts';
import { CandleSeries } from '../engine/candle-series.ts';
import { DataStates } from '../engine/data-states.ts';
import { SessionFigures } from './session-figures.ts';

/** Candles before the last whose mean volume it is compared with. */
const VOLUME_CANDLES = 20;

const SHOWN: Readonly<Record<StrategyStatus, ScannerStatus>> = {
  warming: 'WARMING',
  running: 'RUNNING',
  disabled: 'STOPPED',
  stopped: 'STOPPED',
};

/** The scanner's rows, folded from what the engine is fed, what it gives, and prices that it does not need. */
export class ScannerBoard {
  readonly #calendars: Calendars;
  #config: EngineConfig | undefined;
  #data = new DataStates();
  #figures = new Map<InstrumentKey, SessionFigures>();
  #series = new Map<string, CandleSeries>();
  #strategies = new Map<string, StrategyState>();
  readonly #signals = new Map<string, Signal>();
  readonly #positions = new Map<string, { readonly instrument: InstrumentKey; readonly quantity: string }>();

  constructor(calendars: Calendars) {
    this.#calendars = calendars;
  }

  /** Each event the engine is fed; also forming candles that no strategy wants. */
  see(event: EngineEvent): void {
    switch (event.type) {
      case 'start':
        return this.#start(event.config);
      case 'candle':
        return this.#candle(event);
      case 'history':
        for (const candle of event.candles) this.#candle({ ...event, candle });
        return undefined;
      case 'tick':
        return this.price(event.instrument, event.price, event.eventMicros);
      case 'data':
        return this.#data.change(event.instrument, event.change);
      default:
        return undefined;
    }
  }

  /** Each output of the engine. */
  record(output: Pick<EngineOutput, 'strategies' | 'signals' | 'positions'>): void {
    for (const state of output.strategies) this.strategy(state);
    for (const signal of output.signals) this.#signals.set(rowKey(signal), signal);
    for (const position of output.positions) this.#positions.set(holdingKey(position), position);
  }

  /** A strategy's state: `Engine.strategies()` before `rows` brings how far the warm-up is. */
  strategy(state: StrategyState): void {
    this.#strategies.set(`${state.strategy}/${state.instrument}`, state);
  }

  /** A trade that the engine did not need. */
  price(instrument: InstrumentKey, price: number, micros: number): void {
    this.#figures.get(instrument)?.price(price, micros);
  }

  rows(nowMicros: number): ScannerRow[] {
    const config = this.#config;
    if (config === undefined) return [];
    return config.instruments.flatMap(({ instrument }) =>
      intervalsOf(config, instrument).map((interval) => this.#row({ instrument, interval }, nowMicros)),
    );
  }

  #start(config: EngineConfig): void {
    this.#config = config;
    this.#data = new DataStates();
    this.#strategies = new Map();
    this.#series = new Map();
    this.#figures = new Map(
      config.instruments.map(({ instrument, calendar }) => [
        instrument,
        new SessionFigures(this.#calendars(calendar)),
      ]),
    );
  }

  #candle(event: Pick<CandleEvent, 'instrument' | 'interval' | 'candle' | 'timeMicros'>): void {
    const { instrument, interval, candle } = event;
    const config = this.#config;
    if (config === undefined) return;
    const [finest] = [config.fills.interval, ...intervalsOf(config, instrument)].sort(
      (one, other) => intervalMicros(one) - intervalMicros(other),
    );
    if (interval === finest) this.#figures.get(instrument)?.add(candle, event.timeMicros);
    const key = rowKey(event);
    let series = this.#series.get(key);
    if (series === undefined) this.#series.set(key, (series = new CandleSeries(VOLUME_CANDLES + 1)));
    series.add(candle);
  }

  #row(
    at: { readonly instrument: InstrumentKey; readonly interval: Interval },
    nowMicros: number,
  ): ScannerRow {
    const figures = this.#figures.get(at.instrument);
    const candles = this.#series.get(rowKey(at))?.candles ?? [];
    const last = candles.at(-1);
    const priceMicros = figures?.lastPriceMicros ?? -1;
    const strategies = [...this.#strategies.values()].filter(
      (state) => state.instrument === at.instrument && state.interval === at.interval,
    );
    return {
      symbol: at.instrument,
      interval: at.interval,
      ...this.#status(at.instrument, strategies, last !== undefined),
      last_bar_ts: last === undefined ? null : isoOf(last.openMicros),
      last_price: figures?.lastPrice ?? null,
      last_price_ts: priceMicros < 0 ? null : isoOf(priceMicros),
      change: figures?.change ?? null,
      change_percent: figures?.changePercent ?? null,
      volume: figures?.volume ?? 0,
      relative_volume: relativeVolume(candles.map(({ volume }) => volume)),
      day_open: figures?.open ?? null,
      day_high: figures?.high ?? null,
      day_low: figures?.low ?? null,
      tick_age_ms: priceMicros < 0 ? null : Math.max(0, Math.round((nowMicros - priceMicros) / 1000)),
      open_gaps: this.#data.of(at.instrument).openGaps,
      last_signal: shownSignal(this.#signals.get(rowKey(at))),
      strategies: strategies.map(({ strategy, status, reason }) => ({
        id: strategy,
        status: SHOWN[status],
        reason,
      })),
      position: this.#position(at.instrument),
    };
  }

  /** What all strategies of the row have in common, at the worst that is still true of all. */
  #status(
    instrument: InstrumentKey,
    strategies: readonly StrategyState[],
    hasCandles: boolean,
  ): Pick<ScannerRow, 'status' | 'reason'> {
    const { isStale, staleReason } = this.#data.of(instrument);
    const reasons = strategies
      .filter(({ status }) => status !== 'running')
      .map(({ strategy, reason }) => `${strategy}: ${reason}`)
      .join('; ');
    const shown = strategies.map(({ status }) => SHOWN[status]);
    if (shown.length > 0 && shown.every((status) => status === 'STOPPED'))
      return { status: 'STOPPED', reason: reasons };
    if (isStale) return { status: 'STALE', reason: staleReason };
    if (shown.includes('RUNNING')) return { status: 'RUNNING', reason: reasons };
    if (shown.includes('WARMING')) return { status: 'WARMING', reason: reasons };
    return hasCandles
      ? { status: 'RUNNING', reason: '' }
      : { status: 'WARMING', reason: 'no candle has come yet' };
  }

  #position(instrument: InstrumentKey): string {
    let sum = new Exact(0);
    for (const position of this.#positions.values())
      if (position.instrument === instrument) sum = sum.plus(position.quantity);
    return toDecimal(sum);
  }
}

/** The intervals that an instrument's strategies use; without strategies that of the fills. */
function intervalsOf(config: EngineConfig, instrument: InstrumentKey): Interval[] {
  const used = config.strategies.filter(({ instruments }) => instruments.includes(instrument));
  const intervals = new Set(used.map(({ interval }) => interval));
  return intervals.size === 0 ? [config.fills.interval] : [...intervals];
}

function rowKey(of: { readonly instrument: InstrumentKey; readonly interval: Interval }): string {
  return `${of.interval}/${of.instrument}`;
}

function isoOf(micros: number): string {
  return new Date(micros / 1000).toISOString();
}

function relativeVolume(volumes: readonly number[]): number | null {
  const before = volumes.slice(0, -1);
  const mean = before.reduce((sum, volume) => sum + volume, 0) / before.length;
  const last = volumes.at(-1);
  return last === undefined || !(mean > 0) ? null : Number((last / mean).toFixed(2));
}

function shownSignal(signal: Signal | undefined): ScannerRow['last_signal'] {
  if (signal === undefined) return null;
  const { id, strategy, direction, confidence, reason, timeMicros } = signal;
  return { id, strategy, direction, confidence, reason, ts: isoOf(timeMicros) };
}
