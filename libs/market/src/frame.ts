import type { GapState } from './gap/gap.ts';

/** How a frame came: a WebSocket message, a REST answer, or an event of our own. */
export const FrameKind = { message: 1, answer: 2, control: 3 } as const;
export type FrameKind = (typeof FrameKind)[keyof typeof FrameKind];

/** Where a frame came from. */
export interface FrameSource {
  /** The venue's name: `binance`, `simulated`; `tickwright` for the service's own control events. */
  readonly venue: string;
  /** Which of the venue's connections: `ws-1`, `rest`, `recording`; at most 255 bytes with the venue's name. */
  readonly connection: string;
  readonly kind: FrameKind;
}

/**
 * What happens around the data and decides a result, journaled like data. Instruments are keys.
 * The bytes of a control frame are the event as JSON.
 */
export type ControlEvent =
  | { readonly type: 'clock' }
  | {
      readonly type: 'started';
      readonly instance: string;
      /** How the run before ended, as the journal's last frame tells. */
      readonly previous: 'none' | 'stopped' | 'crashed';
    }
  | { readonly type: 'stopped'; readonly instance: string }
  | { readonly type: 'connected'; readonly url: string }
  | { readonly type: 'disconnected'; readonly reason: string; readonly instruments: readonly string[] }
  | { readonly type: 'requested'; readonly instruments: readonly string[] }
  | { readonly type: 'acknowledged'; readonly instruments: readonly string[] }
  | { readonly type: 'refused'; readonly instruments: readonly string[]; readonly reason: string }
  | { readonly type: 'stale'; readonly instruments: readonly string[] }
  | { readonly type: 'removed'; readonly instruments: readonly string[] }
  | { readonly type: 'paused'; readonly reason: string; readonly instruments: readonly string[] }
  | { readonly type: 'resumed'; readonly instruments: readonly string[] }
  | { readonly type: 'instruments'; readonly rows: readonly InstrumentRow[] }
  /**
   * Ticks that will not come, for which the venue's candles stand: told by recovery before it calls a gap filled that was
   * filled by candles. Both ends of a span are inclusive, as a gap's are.
   */
  | { readonly type: 'stand-in'; readonly spans: readonly StandInSpan[] }
  /** What was stored, or journaled, and is lost: told by a repair. */
  | { readonly type: 'lost'; readonly reason: string; readonly spans: readonly LostSpan[] }
  /** What recovery has found out about gaps. */
  | { readonly type: 'recovered'; readonly verdicts: readonly GapVerdict[] };

/** Recovery's verdict on a gap, which must stand when the journal is folded again: it cannot be derived from ticks alone. */
export interface GapVerdict {
  /** The gap's. */
  readonly id: string;
  readonly state: GapState;
  readonly reason: string;
  /**
   * Up to here, exclusive, microseconds UTC, nothing is missing any more. A gap that is not filled begins here from now on;
   * one that lasts and is filled ends here.
   */
  readonly doneToMicros?: number;
}

/** A span of an instrument's time that the venue's candles cover and ticks do not. */
export interface StandInSpan {
  readonly instrument: string;
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** A span of an instrument's time that the venue's candles cover and ticks do not. */
export interface StandInSpan {
  readonly instrument: string;
  readonly fromMicros: number;
  readonly toMicros: number;
}

/** Ticks of an instrument that a repair could not bring back. Both ends are inclusive; -1 where there is no id. */
export interface LostSpan {
  readonly instrument: string;
  readonly fromMicros: number;
  readonly toMicros: number;
  readonly fromId: number;
  readonly toId: number;
}

/** An instrument as registered in the journal, so that a replay numbers and scales it as the live run did. */
export interface InstrumentRow {
  readonly key: string;
  readonly venueSymbol: string;
  readonly priceDecimals: number;
  readonly quantityDecimals: number;
  readonly calendar: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();

/** The bytes of a control frame. */
export function encodeControl(event: ControlEvent): Uint8Array {
  return encoder.encode(JSON.stringify(event));
}

/** The event in a control frame's bytes. Throws a SyntaxError when they are not one that we wrote. */
export function decodeControl(bytes: Uint8Array): ControlEvent {
  const value: unknown = JSON.parse(decoder.decode(bytes));
  if (typeof value !== 'object' || value === null || !('type' in value) || typeof value.type !== 'string') {
    throw new SyntaxError('a control frame without a type');
  }
  return value as ControlEvent;
}
