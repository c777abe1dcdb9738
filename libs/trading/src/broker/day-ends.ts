import type { InstrumentKey } from '@tickwright/market';
import { Exact, toDecimal } from '../decimal.ts';
import type { Order, OrderOrigin, OrderRequest } from '../contract/order.ts';
import type { Position } from '../contract/position.ts';
import type { OutputDraft } from '../engine/output-draft.ts';
import type { AccountControl } from './account-control.ts';
import type { Desk } from './desk.ts';
import { placeOrder } from './placing.ts';

/** How long after its time the clock alone ends an order or squares off, for the last trades or candles may be on their way. */
const SETTLE_MICROS = { ticks: 5_000_000, candles: 120_000_000 } as const;

/** Ends what ends and squares off what is due, up to a market time of one instrument. */
export function passTime(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  at: { readonly instrument: InstrumentKey; readonly micros: number },
): void {
  if (!desk.working.has(at.instrument) && !desk.book.isHeld(at.instrument)) return;
  for (const { order } of desk.working.of(at.instrument))
    if (order.expiresMicros !== null && order.expiresMicros <= at.micros) expire(desk, draft, order);
  const dueMicros = desk.rules.lastSquareOff(at.instrument, at.micros);
  if (dueMicros !== undefined) squareOff(desk, control, draft, { ...at, dueMicros });
}

/** The same for all instruments by the clock, once the market's own data has had its time to come. */
export function passClock(desk: Desk, control: AccountControl, draft: OutputDraft): void {
  const { on } = desk.rules.config.fills;
  const micros = draft.timeMicros - SETTLE_MICROS[on];
  const instruments = new Set([...desk.working.instruments(), ...desk.book.heldInstruments()]);
  for (const instrument of [...instruments].sort()) passTime(desk, control, draft, { instrument, micros });
}

function expire(desk: Desk, draft: OutputDraft, order: Order): void {
  const why = desk.waiting.of(order.id);
  const reason = why === undefined ? 'the session ended' : `the session ended: ${why}`;
  desk.end(draft, order, { state: 'expired', code: 'session-ended', reason });
}

interface SquareOff {
  readonly instrument: InstrumentKey;
  readonly micros: number;
  readonly dueMicros: number;
}

/** Cancels what was ordered before the square-off and closes what was opened before it. Doing it again does nothing. */
function squareOff(desk: Desk, control: AccountControl, draft: OutputDraft, at: SquareOff): void {
  for (const { order } of desk.working.of(at.instrument))
    if (!isClosing(order) && order.decidedMicros < at.dueMicros)
      desk.end(draft, order, {
        state: 'cancelled',
        code: 'squared-off',
        reason: 'the time of the square-off has come',
      });
  for (const { position } of desk.book.held(at.instrument)) {
    if ((position.openedMicros ?? Infinity) > at.dueMicros || isBeingClosed(desk, position)) continue;
    if (desk.rules.of(at.instrument) === undefined) continue;
    // Late, when nothing ran at the time: the market of then is past.
    const ended = desk.rules.calendarOf(at.instrument)?.sessionAt(at.dueMicros)?.closeMicros ?? 0;
    const decidedMicros = at.micros >= ended ? at.micros : at.dueMicros;
    closePosition(desk, control, draft, { position, origin: 'square-off', decidedMicros, commandId: null });
    draft.addNotice({
      code: 'square-off',
      text: `${position.quantity} of ${position.instrument} are squared off`,
      instrument: position.instrument,
      strategy: position.strategy,
    });
  }
}

function isClosing(order: Order): boolean {
  return order.origin === 'flatten' || order.origin === 'square-off';
}

function isBeingClosed(desk: Desk, position: Position): boolean {
  return desk.working
    .of(position.instrument)
    .some(({ order }) => order.strategy === position.strategy && isClosing(order));
}

export interface Closing {
  readonly position: Position;
  readonly origin: OrderOrigin;
  readonly decidedMicros: number;
  readonly commandId: string | null;
}

/** Orders all of a position away, at the next prices there are. */
export function closePosition(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  closing: Closing,
): void {
  const { position, ...source } = closing;
  const quantity = new Exact(position.quantity);
  const request: OrderRequest = {
    instrument: position.instrument,
    side: quantity.gt(0) ? 'sell' : 'buy',
    type: 'market',
    validity: 'gtc',
    quantity: toDecimal(quantity.abs()),
    limitPrice: null,
    stopPrice: null,
    reduceOnly: true,
  };
  placeOrder(desk, control, draft, { ...source, request, strategy: position.strategy, signalId: null });
}

/** Cancels an instrument's orders (null: all) and orders its positions away. */
export function flatten(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  of: {
    readonly instrument: InstrumentKey | null;
    readonly reason: string;
    readonly decidedMicros: number;
    readonly commandId: string | null;
  },
): void {
  cancelAll(desk, draft, of.instrument, { code: 'flattened', reason: of.reason });
  const instruments = of.instrument === null ? desk.book.heldInstruments() : [of.instrument];
  for (const instrument of instruments)
    for (const { position } of desk.book.held(instrument))
      closePosition(desk, control, draft, {
        position,
        origin: 'flatten',
        decidedMicros: of.decidedMicros,
        commandId: of.commandId,
      });
}

/** Cancels the working orders of an instrument, or all. */
export function cancelAll(
  desk: Desk,
  draft: OutputDraft,
  instrument: InstrumentKey | null,
  why: { readonly code: 'flattened' | 'killed' | 'daily-loss'; readonly reason: string },
): void {
  for (const { order } of instrument === null ? desk.working.all() : desk.working.of(instrument))
    desk.end(draft, order, { state: 'cancelled', ...why });
}

/** Kills when the day's loss has reached its limit: cancels, closes, and refuses until the next day. */
export function watchLoss(
  desk: Desk,
  control: AccountControl,
  draft: OutputDraft,
  decidedMicros: number,
): void {
  const reason = control.lossBeyondLimit();
  if (reason === undefined) return;
  control.kill(draft, 'daily-loss', reason);
  cancelAll(desk, draft, null, { code: 'daily-loss', reason });
  flatten(desk, control, draft, { instrument: null, reason, decidedMicros, commandId: null });
}
