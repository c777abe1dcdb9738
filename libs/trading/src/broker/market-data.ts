import type { InstrumentKey } from '@tickwright/market';
import type { CandleEvent, TickEvent } from '../contract/event.ts';
import { Exact } from '../decimal.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import type { AccountControl } from './account-control.ts';
import { passTime } from './day-ends.ts';
import type { Desk } from './desk.ts';
import type { MarketSpan } from './matching.ts';
import { meetMarket } from './meeting.ts';

/** The paper venue's side of a closed candle: it fills, it values, and time passes with it. */
export function takeMarketCandle(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  event: CandleEvent,
): void {
  const { instrument, candle } = event;
  const { fills } = desk.rules.config;
  const isTime = event.interval === fills.interval && event.phase !== 'history';
  const isNew = isTime && candle.openMicros > desk.markets.get(instrument).filledUpToMicros;
  if (isNew && fills.on === 'candles') {
    passTime(desk, control, draft, { instrument, micros: candle.openMicros });
    meetMarket(desk, draft, instrument, candleSpan(event));
  }
  if (isNew) desk.markets.update(instrument, { filledUpToMicros: candle.openMicros });
  if (candle.closeMicros > desk.markets.get(instrument).micros)
    mark(desk, { instrument, price: candle.close, micros: candle.closeMicros });
  if (isNew) passTime(desk, control, draft, { instrument, micros: candle.closeMicros });
}

/** A trade: nothing unless an order works on trades. */
export function takeTick(desk: Desk, control: AccountControl, draft: OutputDraft, event: TickEvent): void {
  const { instrument, price, eventMicros } = event;
  if (desk.rules.config.fills.on !== 'ticks' || !desk.working.has(instrument)) return;
  passTime(desk, control, draft, { instrument, micros: eventMicros });
  if (eventMicros >= desk.markets.get(instrument).micros)
    mark(desk, { instrument, price, micros: eventMicros });
  meetMarket(desk, draft, instrument, tickSpan(event));
}

function mark(
  desk: Desk,
  to: { readonly instrument: InstrumentKey; readonly price: number; readonly micros: number },
): void {
  const { instrument, price, micros } = to;
  desk.markets.update(instrument, { price, micros });
  desk.book.revalue(instrument);
  if (desk.working.has(instrument)) desk.commitments.touch(instrument);
}

function candleSpan({ candle }: CandleEvent): MarketSpan {
  return {
    kind: 'candle',
    openMicros: candle.openMicros,
    closeMicros: candle.closeMicros,
    open: exact(candle.open),
    high: exact(candle.high),
    low: exact(candle.low),
    close: exact(candle.close),
    volume: exact(candle.volume),
  };
}

/** A trade is a candle of one price. */
function tickSpan(tick: TickEvent): MarketSpan {
  const price = exact(tick.price);
  return {
    kind: 'tick',
    openMicros: tick.eventMicros,
    closeMicros: tick.eventMicros,
    open: price,
    high: price,
    low: price,
    close: price,
    volume: exact(tick.quantity),
  };
}

/** By way of its shortest text, which is the venue's own decimal. */
function exact(value: number) {
  return new Exact(String(value));
}
