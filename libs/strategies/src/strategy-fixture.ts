import { bucketOf, calendars, instrumentKey, intervalMicros } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import type {
  Candle,
  Strategy,
  StrategyContext,
  StrategyDefinition,
  StrategyView,
  Vote,
} from '@tickwright/trading';
import { decimal } from '@tickwright/trading';
import { checkParameters } from './check-parameters.ts';
import { strategyRegistry } from './registry.ts';

/** 2026-11-18, a Wednesday, 09:15 in India: the NSE opens. */
export const OPEN = Date.UTC(2026, 10, 18, 3, 45) * 1000;

export const VIEW: StrategyView = {
  timeMicros: OPEN,
  phase: 'live',
  counts: true,
  data: { isStale: false, staleReason: '', openGaps: 0 },
  position: decimal(0),
};

export function contextOf(
  interval: Interval = '1m',
  own: readonly StrategyDefinition[] = [],
): StrategyContext {
  return {
    instrument: instrumentKey('SIM|ALPHA'),
    interval,
    calendar: calendars('nse'),
    find: strategyRegistry(own).find,
  };
}

/** A strategy with checked parameters. */
export function made(
  definition: StrategyDefinition,
  parameters: Record<string, unknown>,
  context = contextOf(),
): Strategy {
  return definition.create(checkParameters(definition, parameters), context);
}

/** The n-th candle of the session, one price or open, high, low, close; 100 traded. */
export function candle(
  n: number,
  price: number | readonly [number, number, number, number],
  change: Partial<Candle> & { readonly interval?: Interval } = {},
): Candle {
  const { interval = '1m', ...rest } = change;
  const [open, high, low, close] = typeof price === 'number' ? [price, price, price, price] : price;
  const openMicros = OPEN + n * intervalMicros(interval);
  return {
    openMicros,
    closeMicros: bucketOf(openMicros, interval, calendars('nse'))?.closeMicros ?? openMicros + 1,
    open,
    high,
    low,
    close,
    volume: 100,
    tradeCount: 1,
    state: 'closed',
    isComplete: true,
    version: n,
    source: 'ticks',
    ...rest,
  };
}

/** What it votes at each of the candles, in short: `long 0.75` or `-`. */
export function votes(strategy: Strategy, candles: readonly Candle[]): string[] {
  return candles.map((each) => short(strategy.onCandle(each, VIEW)));
}

export function short(vote: Vote | undefined): string {
  return vote === undefined ? '-' : `${vote.direction} ${vote.confidence.toFixed(3)}`;
}
