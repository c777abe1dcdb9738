import type { TickBatch } from '@tickwright/market';
import type { CandlePage } from './candle-page.ts';
import type { VenueCandle } from './history.ts';

/** No frame of a venue holds more ticks than this: the caller of a decoder keeps that many rows free. */
export const MAX_TICKS_A_FRAME = 4096;

/** What a frame was. */
export const Decoded = {
  /** It held at least one tick, which now stands in the batch. */
  ticks: 0,
  /** It is valid and carries no trade: depth, quotes, the venue's own candles, an empty answer. */
  other: 1,
  /** It is about the connection or a subscription: an acknowledgement, an error reply, a shutdown notice. */
  control: 2,
  /** It or everything in it was refused; `DecoderCounts.rejected` says why. */
  rejected: 3,
} as const;
export type Decoded = (typeof Decoded)[keyof typeof Decoded];

export const REJECT_REASONS = [
  'malformed',
  'missingField',
  'unknownLayout',
  'unknownInstrument',
  'badPrice',
  'badQuantity',
  'badTime',
  'badId',
  'outOfOrder',
  'oversized',
] as const;
/** Why a frame, or one row of an answer, was refused. */
export type RejectReason = (typeof REJECT_REASONS)[number];

/** Plain numbers, only ever rising. */
export interface DecoderCounts {
  /** Ticks appended. */
  ticks: number;
  /** The venue's own candles in answers that were told on. */
  candles: number;
  /** Valid data frames whose layout the scanner did not know, so that the plain parser read them. */
  fallbacks: number;
  /** Replies and notices about the connection. */
  control: number;
  /** Frames without a trade, by event type; at most 64 different ones, the rest under `more`. */
  readonly other: Record<string, number>;
  /** Refused frames and rows, by reason. */
  readonly rejected: Record<RejectReason, number>;
}

/** Turns a venue's frames into ticks. Pure but for its counts: the same frames give the same ticks. */
export interface Decoder {
  /**
   * Appends the ticks of one WebSocket message to `into`, where the caller keeps MAX_TICKS_A_FRAME rows free.
   * `receiveTimeMicros` and `offset` are copied to each tick. Never throws, whatever the bytes.
   */
  decode(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded;
  /** The same for a REST answer, whose bytes are `<request path with query>\n<body>`. */
  decodeAnswer(bytes: Buffer, receiveTimeMicros: number, offset: number, into: TickBatch): Decoded;
  readonly counts: DecoderCounts;
}

export interface DecoderOptions {
  /** Take only this kind of trade; the other kind counts as `other`. Without it both are taken. */
  readonly streamKind?: StreamKind;
  /** Told of everything refused, for a sampled log line. `bytes` are valid during the call only. */
  readonly onRejected?: (reason: RejectReason, bytes: Buffer) => void;
  /**
   * Told of each candle of its own that the venue sends among its ticks, by the instrument's number: once, and again when
   * the venue has changed it.
   */
  readonly onVenueCandle?: (instrument: number, candle: VenueCandle, offset: number) => void;
  /**
   * Told of the venue's own candles in an answer. An answer in which any row is none tells nothing: each such row counts
   * as rejected, and so does one that is out of the order in which the venue tells them.
   */
  readonly onCandlePage?: (page: CandlePage, offset: number) => void;
}

/** Which of the venue's trade streams: single trades, or those of one taker order at one price added up. */
export type StreamKind = 'trade' | 'aggTrade';

const MAX_OTHER_TYPES = 64;
const MAX_TYPE_LENGTH = 40;

export function decoderCounts(): DecoderCounts {
  const rejected = Object.fromEntries(REJECT_REASONS.map((reason) => [reason, 0]));
  const other: Record<string, number> = Object.create(null);
  return {
    ticks: 0,
    candles: 0,
    fallbacks: 0,
    control: 0,
    other,
    rejected: rejected as Record<RejectReason, number>,
  };
}

/** Counts a frame without a trade. The number of types is bounded: their names come from outside. */
export function countOther(counts: DecoderCounts, type: string): void {
  const known = counts.other[type];
  if (known !== undefined) {
    counts.other[type] = known + 1;
    return;
  }
  const isRoom = type.length <= MAX_TYPE_LENGTH && Object.keys(counts.other).length < MAX_OTHER_TYPES;
  const name = isRoom ? type : 'more';
  counts.other[name] = (counts.other[name] ?? 0) + 1;
}
