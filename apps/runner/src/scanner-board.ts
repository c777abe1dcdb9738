import { calendars } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import type {
  Candle,
  Engine,
  EngineConfig,
  EngineEvent,
  EngineOutput,
  InstrumentRules,
  ScannerRow,
  ScannerStatus,
  Signal,
  StrategyState,
} from '@tickwright/trading';
import type { SourceHistoryEvent } from './candle-source/source-event.ts';
import { engineCandle } from './desk/engine-input.ts';
import { newDay, rounded, takeDay, tradedMicros, volumeOf } from './last-price.ts';
import type { DayCandle, Price } from './last-price.ts';

/** Candles before the last closed one whose volumes it is compared with. */
const VOLUMES = 20;

export interface ToldCandle {
  readonly instrument: string;
  readonly interval: Interval;
  readonly candle: Candle;
  /** When what tells of it was published, microseconds UTC; undefined where that is not known. */
  readonly publishedMicros?: number | undefined;
}

interface Series {
  lastClosedMicros: number | null;
  /** Volumes of the newest closed candles, by opening time. */
  readonly volumes: Map<number, number>;
}

/** The scanner's rows as a fold over candles, events and what they caused. */
export class ScannerBoard {
  readonly #plan: EngineConfig;
  readonly #calendarOf: ReadonlyMap<string, string>;
  readonly #prices = new Map<string, Price>();
  readonly #series = new Map<string, Series>();
  readonly #signals = new Map<string, Signal>();
  readonly #gaps = new Map<string, Set<string>>();
  #stale = '';

  constructor(plan: EngineConfig) {
    this.#plan = plan;
    this.#calendarOf = new Map(plan.instruments.map(({ instrument, calendar }) => [instrument, calendar]));
  }

  get hasPrices(): boolean {
    return this.#prices.size > 0;
  }

  /** A candle as its source tells it, of any phase. */
  candle(told: ToldCandle): void {
    const { instrument, interval, candle } = told;
    if (candle.state !== 'forming') this.#closed(instrument, interval, candle);
    if (interval === this.#plan.fills.interval) this.#traded(told);
  }

  /**
   * Closed candles of a stream in order of time: only as many are looked at as make a difference to its row. These are of
   * the last one's session, with the one before it, and those whose volumes are compared.
   */
  history({ instrument, interval, candles }: Omit<SourceHistoryEvent, 'type'>): void {
    for (const candle of candles.slice(-VOLUMES - 1))
      this.#closed(instrument, interval, engineCandle({ candle }));
    const last = candles.at(-1);
    if (last === undefined || interval !== this.#plan.fills.interval) return;
    const openMicros = this.#sessionOpen(instrument, last.openTime);
    const before = candles.findLastIndex(({ openTime }) => openTime < openMicros);
    for (const candle of candles.slice(Math.max(0, before)))
      this.#traded({ instrument, interval, candle: engineCandle({ candle }) });
  }

  /** The newest days of instruments, oldest first. */
  days(candles: readonly DayCandle[]): void {
    for (const [index, day] of candles.entries()) {
      const price = this.#prices.get(day.instrument);
      const before = candles[index - 1];
      const isSame = price?.day.openMicros === this.#sessionOpen(day.instrument, day.openTime);
      if (price === undefined || !isSame) continue;
      takeDay(price, { day, before: before?.instrument === day.instrument ? before.close : null });
    }
  }

  /** Signals of earlier runs, in order of time. */
  recall(signals: readonly Signal[]): void {
    for (const signal of signals) this.#signals.set(`${signal.interval} ${signal.instrument}`, signal);
  }

  /** A stored event with what it caused. */
  take(event: EngineEvent, { signals }: EngineOutput): void {
    this.recall(signals);
    if (event.type !== 'data') return;
    const { change, instrument } = event;
    if (change.kind === 'stale' && instrument === null) this.#stale = change.reason;
    if (change.kind === 'fresh' && instrument === null) this.#stale = '';
    if (instrument === null) return;
    const open = this.#gaps.get(instrument) ?? new Set<string>();
    this.#gaps.set(instrument, open);
    if (change.kind === 'gap-opened') open.add(change.gapId);
    if (change.kind === 'gap-closed') open.delete(change.gapId);
  }

  /** One row for each instrument and interval of a strategy; for one without a strategy, at the fills' interval. */
  rows(nowMicros: number, engine: Pick<Engine, 'strategies' | 'positions'>): ScannerRow[] {
    const states = byInstrument(engine.strategies());
    const positions = byInstrument(engine.positions());
    return this.#plan.instruments.flatMap((rules) => {
      const own = states.get(rules.instrument) ?? [];
      const intervals = new Set(own.map(({ interval }) => interval));
      if (intervals.size === 0) intervals.add(this.#plan.fills.interval);
      const held = positions.get(rules.instrument) ?? [];
      const position = held.reduce((sum, { quantity }) => sum + Number(quantity), 0);
      return [...intervals].map((interval) =>
        this.#row(rules, interval, {
          nowMicros,
          position,
          states: own.filter((state) => state.interval === interval),
        }),
      );
    });
  }

  #row(
    { instrument, isHalted, haltReason }: InstrumentRules,
    interval: Interval,
    at: { nowMicros: number; position: number; states: readonly StrategyState[] },
  ): ScannerRow {
    const price = this.#prices.get(instrument);
    const series = this.#series.get(`${interval} ${instrument}`);
    const signal = this.#signals.get(`${interval} ${instrument}`);
    const base = price === undefined ? null : (price.before ?? price.day.open);
    const change = price === undefined || base === null ? null : rounded(price.price - base);
    const strategies = at.states.map((state) => ({ id: state.strategy, ...this.#standing(state) }));
    return {
      symbol: instrument,
      interval,
      ...this.#verdict(strategies, { isHalted, haltReason, hasPrice: price !== undefined }),
      last_bar_ts: isoOrNull(series?.lastClosedMicros ?? null),
      last_price: price?.price ?? null,
      last_price_ts: isoOrNull(price?.micros ?? null),
      change,
      change_percent: change === null || base === null || base === 0 ? null : rounded((100 * change) / base),
      volume: price === undefined ? 0 : volumeOf(price.day),
      relative_volume: relativeVolume(series),
      day_open: price?.day.open ?? null,
      day_high: price?.day.high ?? null,
      day_low: price?.day.low ?? null,
      tick_age_ms:
        price === undefined ? null : Math.max(0, Math.round((at.nowMicros - price.micros) / 1_000)),
      open_gaps: this.#gaps.get(instrument)?.size ?? 0,
      last_signal:
        signal === undefined
          ? null
          : {
              id: signal.id,
              strategy: signal.strategy,
              direction: signal.direction,
              confidence: signal.confidence,
              reason: signal.reason,
              ts: isoTime(signal.timeMicros),
            },
      strategies,
      position: String(rounded(at.position)),
    };
  }

  #standing({ status, reason }: StrategyState): { status: ScannerStatus; reason: string } {
    if (status === 'stopped') return { status: 'STOPPED', reason };
    if (status === 'disabled') return { status: 'STOPPED', reason: reason === '' ? 'disabled' : reason };
    if (this.#stale !== '') return { status: 'STALE', reason: this.#stale };
    if (status === 'warming') return { status: 'WARMING', reason };
    return { status: 'RUNNING', reason: '' };
  }

  /** The best of its strategies: one that runs makes the row run. */
  #verdict(
    strategies: readonly { id: string; status: ScannerStatus; reason: string }[],
    told: { isHalted: boolean; haltReason: string; hasPrice: boolean },
  ): { status: ScannerStatus; reason: string } {
    if (told.isHalted) return { status: 'STOPPED', reason: `halted: ${told.haltReason}` };
    for (const status of ['RUNNING', 'STALE', 'WARMING', 'STOPPED'] as const) {
      const found = strategies.find((each) => each.status === status);
      if (found !== undefined)
        return { status, reason: status === 'RUNNING' ? '' : `${found.id}: ${found.reason}` };
    }
    if (this.#stale !== '') return { status: 'STALE', reason: this.#stale };
    if (!told.hasPrice) return { status: 'WARMING', reason: 'no candle yet' };
    return { status: 'RUNNING', reason: 'no strategy here' };
  }

  #closed(instrument: string, interval: Interval, candle: Candle): void {
    const key = `${interval} ${instrument}`;
    const series = this.#series.get(key) ?? { lastClosedMicros: null, volumes: new Map<number, number>() };
    this.#series.set(key, series);
    series.lastClosedMicros = Math.max(series.lastClosedMicros ?? 0, candle.openMicros);
    series.volumes.set(candle.openMicros, candle.volume);
    if (series.volumes.size <= VOLUMES + 1) return;
    // In order, the first that came is the oldest: looking for it costs more than all the rest of a warm-up.
    const [first = 0] = series.volumes.keys();
    const isInOrder = series.lastClosedMicros === candle.openMicros;
    series.volumes.delete(isInOrder ? first : Math.min(...series.volumes.keys()));
  }

  #sessionOpen(instrument: string, micros: number): number {
    return calendars(this.#calendarOf.get(instrument) ?? 'always').sessionAt(micros)?.openMicros ?? micros;
  }

  #traded({ instrument, candle, publishedMicros }: ToldCandle): void {
    const known = this.#prices.get(instrument);
    const openMicros = this.#sessionOpen(instrument, candle.openMicros);
    if (known !== undefined && openMicros < known.day.openMicros) return;
    const isSameDay = known?.day.openMicros === openMicros;
    const day = isSameDay && known !== undefined ? known.day : newDay(openMicros, candle);
    day.high = Math.max(day.high, candle.high);
    day.low = Math.min(day.low, candle.low);
    day.volumes.set(candle.openMicros, candle.volume);
    day.volume = undefined;
    const before = isSameDay ? (known?.before ?? null) : (known?.price ?? null);
    // What comes late changes the day and not the price.
    if (known !== undefined && candle.openMicros < known.openMicros) known.day = day;
    else {
      const micros = tradedMicros(candle, known, publishedMicros);
      const { close: price, version } = candle;
      this.#prices.set(instrument, { price, micros, openMicros: candle.openMicros, version, day, before });
    }
  }
}

function byInstrument<Row extends { readonly instrument: string }>(
  rows: readonly Row[],
): ReadonlyMap<string, Row[]> {
  const found = new Map<string, Row[]>();
  for (const row of rows) {
    const own = found.get(row.instrument);
    if (own === undefined) found.set(row.instrument, [row]);
    else own.push(row);
  }
  return found;
}

function relativeVolume(series: Series | undefined): number | null {
  if (series === undefined || series.volumes.size < 2) return null;
  const sorted = [...series.volumes].sort(([a], [b]) => a - b).map(([, volume]) => volume);
  const last = sorted.pop() ?? 0;
  const mean = sorted.reduce((sum, volume) => sum + volume, 0) / sorted.length;
  return mean === 0 ? null : rounded(last / mean);
}

function isoTime(micros: number): string {
  return new Date(micros / 1_000).toISOString();
}

function isoOrNull(micros: number | null): string | null {
  return micros === null ? null : isoTime(micros);
}
