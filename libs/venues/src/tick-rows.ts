import { IdSpace, TickKind } from '@tickwright/market';
import type { Side, TickBatch } from '@tickwright/market';

/** A trade as read the plain way, fields checked; the symbol may still be unknown. */
export interface ParsedTrade {
  readonly symbol: string;
  readonly price: number;
  readonly quantity: number;
  readonly timeMicros: number;
  readonly id: number;
  /** Of the aggressor. */
  readonly side: (typeof Side)[keyof typeof Side];
}

/** Whose tick it is and where it stood. */
export interface TickPlace {
  readonly instrument: number;
  readonly receiveTimeMicros: number;
  readonly offset: number;
  readonly index: number;
}

/** Appends a trade whose id is one of the venue's trades. */
export function appendTrade(into: TickBatch, trade: Omit<ParsedTrade, 'symbol'>, place: TickPlace): void {
  const row = appendRow(into, trade, place);
  into.price[row] = trade.price;
  into.quantity[row] = trade.quantity;
  into.volume[row] = trade.quantity;
  into.side[row] = trade.side;
  into.kind[row] = TickKind.trade;
}

/** Appends what is no tick: that the venue has come as far as this trade id. */
export function appendNotice(
  into: TickBatch,
  notice: Pick<ParsedTrade, 'id' | 'timeMicros'>,
  place: TickPlace,
): void {
  const row = appendRow(into, notice, place);
  into.price[row] = 0;
  into.quantity[row] = 0;
  into.volume[row] = 0;
  into.side[row] = 0;
  into.kind[row] = TickKind.notice;
}

function appendRow(
  into: TickBatch,
  { id, timeMicros }: Pick<ParsedTrade, 'id' | 'timeMicros'>,
  place: TickPlace,
): number {
  const row = into.count++;
  into.instrument[row] = place.instrument;
  into.eventTime[row] = timeMicros;
  into.receiveTime[row] = place.receiveTimeMicros;
  into.idSpace[row] = IdSpace.trade;
  into.tradeId[row] = id;
  into.cumulativeVolume[row] = -1;
  into.offset[row] = place.offset;
  into.index[row] = place.index;
  return row;
}
