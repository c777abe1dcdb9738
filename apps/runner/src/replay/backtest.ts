import { randomUUID } from 'node:crypto';
import { calendars, intervalMicros } from '@tickwright/market';
import type { Interval } from '@tickwright/market';
import { Ledger } from '@tickwright/ledger';
import type { Candle, CandleQuery } from '@tickwright/store';
import { createEngine } from '@tickwright/trading';
import type { EngineConfig, EngineEvent, InstrumentRules } from '@tickwright/trading';
import { engineCandle } from '../desk/engine-input.ts';
import type { EngineInput } from '../desk/engine-input.ts';
import { ReplayDesk } from './replay-desk.ts';
import { ReplayRangeError } from './replay-log.ts';
import type { ReplayOptions, ReplayReport } from './replay-log.ts';

/** Candles of so much time are read at once. */
const PIECE_MICROS = 86_400_000_000;

interface Stream {
  readonly instrument: InstrumentRules['instrument'];
  readonly interval: Interval;
  readonly warmUp: number;
}

/**
 * Runs the configured strategies over stored candles, each as if it had just closed: warm-up from before the range, then
 * all that closed in it, in the order of closing. Errors: ReplayRangeError where there are none.
 */
export async function backtest(
  options: ReplayOptions & {
    readonly plan: EngineConfig;
    readonly query: CandleQuery;
    readonly release: string;
  },
): Promise<ReplayReport> {
  const { config, plan, query, release, library, range, ledgerPath, speed, clock, log, signal } = options;
  await using ledger = await Ledger.open({ path: ledgerPath, limits: config.runner.ledger, log, clock });
  const engine = createEngine({ strategies: library.find, calendars });
  const runId = randomUUID();
  const run = { runId, mode: 'backtest', release, state: {} };
  const desk = new ReplayDesk({ engine, ledger, run, speed, clock, signal });
  let seq = 0;
  let timeMicros = range.fromMicros;
  const take = (input: EngineInput, atMicros: number): Promise<void> => {
    seq += 1;
    timeMicros = Math.max(timeMicros, atMicros);
    const event: EngineEvent = { ...input, seq, timeMicros };
    return desk.take(event);
  };
  const seen = (candle: Candle, interval: Interval): ReturnType<typeof engineCandle> =>
    engineCandle({ type: 'candle', phase: 'closed', interval, candle });
  const candleEvent = (candle: Candle, interval: Interval): Promise<void> =>
    take(
      {
        type: 'candle',
        // The plan's own key: candles carry it as plain text.
        instrument: candle.instrument as Stream['instrument'],
        interval,
        phase: 'live',
        candle: seen(candle, interval),
      },
      candle.closeTime,
    );
  await take({ type: 'start', runId, config: plan }, range.fromMicros);
  const streams = plan.instruments.flatMap(({ instrument }): Stream[] => {
    const { closed, warmUp } = engine.needs(instrument);
    return closed.map((interval) => ({ instrument, interval, warmUp: warmUp[interval] ?? 0 }));
  });
  for (const { instrument, interval, warmUp } of streams) {
    const request = {
      instrument,
      interval,
      from: -Infinity,
      to: range.fromMicros,
      last: warmUp + 1,
      includeForming: false,
    };
    const { candles } = await query.getCandles(request);
    const before = candles.filter(({ closeTime }) => closeTime <= range.fromMicros);
    const warm = warmUp === 0 ? [] : before.slice(-warmUp).map((candle) => seen(candle, interval));
    if (warm.length > 0)
      await take({ type: 'history', instrument, interval, candles: warm }, range.fromMicros);
  }
  let count = 0;
  for (let from = range.fromMicros; from < range.toMicros; from += PIECE_MICROS) {
    const piece = { from, to: Math.min(from + PIECE_MICROS, range.toMicros) };
    for (const { candle, interval } of await closedIn(query, streams, piece)) {
      await candleEvent(candle, interval);
      count += 1;
    }
  }
  await desk.flush();
  if (count === 0)
    throw new ReplayRangeError(
      'no candle closed in this range: see --from and --to, and "tickwright candles"',
    );
  return { ...desk.counts, ledger: ledgerPath, account: engine.account(), different: [] };
}

/** What closed in a span, in the order of closing; shorter intervals first. */
async function closedIn(
  query: CandleQuery,
  streams: readonly Stream[],
  span: { readonly from: number; readonly to: number },
): Promise<{ candle: Candle; interval: Interval }[]> {
  const found: { candle: Candle; interval: Interval }[] = [];
  for (const { instrument, interval } of streams) {
    const from = span.from - intervalMicros(interval);
    const { candles } = await query.getCandles({
      instrument,
      interval,
      from,
      to: span.to,
      includeForming: false,
    });
    for (const candle of candles)
      if (candle.closeTime > span.from && candle.closeTime <= span.to) found.push({ candle, interval });
  }
  return found.sort(
    (a, b) =>
      a.candle.closeTime - b.candle.closeTime ||
      intervalMicros(a.interval) - intervalMicros(b.interval) ||
      (a.candle.instrument < b.candle.instrument ? -1 : Number(a.candle.instrument > b.candle.instrument)),
  );
}
