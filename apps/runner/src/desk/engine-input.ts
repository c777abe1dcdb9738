import { instrumentKey, intervalMicros } from '@tickwright/market';
import type { InstrumentKey } from '@tickwright/market';
import type { Candle, EngineEvent, Needs } from '@tickwright/trading';
import type { SourceCandleEvent, SourceEvent, SourceHistoryEvent } from '../candle-source/source-event.ts';

/** An event without its number and time, which the desk gives. */
export type EngineInput = EngineEvent extends infer Event
  ? Event extends EngineEvent
    ? Omit<Event, 'seq' | 'timeMicros'>
    : never
  : never;

type HistoryInput = Extract<EngineInput, { readonly type: 'history' }>;

/**
 * What of a source's events the engine wants: forming candles only where somebody looks at them. Of what warms up shorter
 * intervals come first.
 */
export function engineInputs(
  events: readonly SourceEvent[],
  needs: (instrument: InstrumentKey) => Pick<Needs, 'closed' | 'forming'>,
): EngineInput[] {
  const inputs: EngineInput[] = [];
  const histories: HistoryInput[] = [];
  const endHistory = (): void => {
    inputs.push(...histories.sort((a, b) => intervalMicros(a.interval) - intervalMicros(b.interval)));
    histories.length = 0;
  };
  for (const event of events) {
    if (event.type === 'history') {
      const instrument = instrumentKey(event.instrument);
      if (needs(instrument).closed.includes(event.interval)) histories.push(historyInput(event, instrument));
      continue;
    }
    endHistory();
    if (event.type === 'freshness') {
      const { reason } = event;
      inputs.push({
        type: 'data',
        instrument: null,
        change: { kind: event.isStale ? 'stale' : 'fresh', reason },
      });
    } else if (event.type === 'gap') {
      inputs.push({ type: 'data', instrument: event.instrument, change: event.change });
    } else if (event.type === 'tick') {
      inputs.push(event);
    } else if (event.type === 'candle') {
      const instrument = instrumentKey(event.candle.instrument);
      const { closed, forming } = needs(instrument);
      const isWanted = (event.phase === 'forming' ? forming : closed).includes(event.interval);
      if (isWanted) inputs.push(candleInput(event, instrument));
    }
  }
  endHistory();
  return inputs;
}

function historyInput({ interval, candles }: SourceHistoryEvent, instrument: InstrumentKey): HistoryInput {
  return {
    type: 'history',
    instrument,
    interval,
    candles: candles.map((candle) => engineCandle({ candle })),
  };
}

function candleInput(event: SourceCandleEvent, instrument: InstrumentKey): EngineInput {
  const { phase, interval } = event;
  return {
    type: 'candle',
    instrument,
    interval,
    phase: phase === 'missed' ? 'missed' : 'live',
    candle: engineCandle(event),
  };
}

/** A candle of a source as strategies see it; without a phase one that has closed. */
export function engineCandle({
  candle,
  phase,
}: Pick<SourceCandleEvent, 'candle'> & Partial<SourceCandleEvent>): Candle {
  return {
    openMicros: candle.openTime,
    closeMicros: candle.closeTime,
    open: candle.open,
    high: candle.high,
    low: candle.low,
    close: candle.close,
    volume: candle.volume,
    tradeCount: candle.tradeCount,
    state: phase === 'forming' || phase === 'revised' ? phase : 'closed',
    isComplete: candle.isComplete,
    version: candle.version,
    source: candle.source,
  };
}
