import {
  aggTradeAt,
  firstOrderAt,
  ordersBetween,
  tradeAt,
  type SimulatedAggTrade,
  type SimulatedTrade,
} from './history.ts';
import {
  makeInstruments,
  MarketOptionsError,
  type MarketOptions,
  type SimulatedInstrument,
} from './instruments.ts';

/** Which part of which market's script: one instrument's trades with from <= time < to. */
export interface ScriptOptions extends MarketOptions {
  /** Its symbol, as in `ALPHA`. */
  readonly instrument: string;
  /** Inclusive, microseconds UTC. */
  readonly fromMicros: number;
  /** Exclusive. */
  readonly toMicros: number;
}

/**
 * The venue's script: what a simulator with these options streams and tells, computed without one. Oldest first, lazily.
 * Throws a MarketOptionsError for an instrument that the market does not have.
 */
export function* generateTrades(options: ScriptOptions): Generator<SimulatedTrade> {
  const instrument = instrumentOf(options);
  for (const { columns, start, end } of ordersBetween(instrument, ordersOf(instrument, options))) {
    for (let row = start; row < end; row++) {
      for (let fill = 0; fill < columns.fills[row]; fill++) yield tradeAt(instrument, columns, { row, fill });
    }
  }
}

/** As `generateTrades`, the aggregate trades. */
export function* generateAggTrades(options: ScriptOptions): Generator<SimulatedAggTrade> {
  const instrument = instrumentOf(options);
  for (const { columns, start, end } of ordersBetween(instrument, ordersOf(instrument, options))) {
    for (let row = start; row < end; row++) yield aggTradeAt(instrument, columns, row);
  }
}

function instrumentOf(options: ScriptOptions): SimulatedInstrument {
  const found = makeInstruments(options).find((each) => each.symbol === options.instrument);
  if (found === undefined) {
    throw new MarketOptionsError(
      `the simulated market has no "${options.instrument}": name one of its instruments`,
    );
  }
  return found;
}

function ordersOf(instrument: SimulatedInstrument, range: { fromMicros: number; toMicros: number }) {
  return {
    from: firstOrderAt(instrument, Math.ceil(range.fromMicros / 1000)),
    end: firstOrderAt(instrument, Math.ceil(range.toMicros / 1000)),
  };
}
