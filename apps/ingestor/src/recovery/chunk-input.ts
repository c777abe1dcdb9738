import type { Json } from '@tickwright/jobs';

/** Trades of known ids that are missing, both ends inclusive. `fromMicros`: a time at or before the first one's. */
export interface IdsChunk {
  readonly what: 'ids';
  readonly instrument: string;
  readonly fromId: number;
  readonly toId: number;
  readonly fromMicros: number;
}

/** Trades from an id on, up to what the venue has. */
export interface OnwardChunk {
  readonly what: 'onward';
  readonly instrument: string;
  readonly fromId: number;
  readonly fromMicros: number;
}

/** Trades below the first one that is known, back to the beginning of its minute: the gap of this id. */
export interface BelowChunk {
  readonly what: 'below';
  readonly instrument: string;
  readonly gap: string;
}

/** The venue's own candles, for the time of the gap of this id: as far as that reaches when it is asked. */
export interface CandlesChunk {
  readonly what: 'candles';
  readonly instrument: string;
  readonly gap: string;
}

/** The venue's own candles of whole minutes, [from, to), before an instrument was seen. */
export interface WarmUpChunk {
  readonly what: 'warm-up';
  readonly instrument: string;
  readonly fromMicros: number;
  readonly toMicros: number;
}

export type Chunk = IdsChunk | OnwardChunk | BelowChunk | CandlesChunk | WarmUpChunk;

/** What a chunk left behind for the coverage job. */
export interface ChunkResult {
  /** The newest id that the venue told, -1 for none. */
  readonly lastId: number;
  /** Of the newest trade that it told, 0 for none. */
  readonly lastTimeMicros: number;
  /** When the venue was asked the last time; it had nothing newer than `lastId` then, where `isEnd`. */
  readonly askedMicros: number;
  readonly isEnd: boolean;
  /** Ids that the venue passed over though it told those on both sides, twice. */
  readonly missing: readonly (readonly [number, number])[];
  /** Of candles: up to here, exclusive, the venue has told every minute. */
  readonly toldToMicros: number;
}

export const NOTHING_TOLD: ChunkResult = {
  lastId: -1,
  lastTimeMicros: 0,
  askedMicros: 0,
  isEnd: false,
  missing: [],
  toldToMicros: 0,
};

/** What a recovery's jobs are given. `gap`: the id of the gap for whose sake it is done; empty for a warm-up. */
export interface ChunkInput {
  readonly gap: string;
  readonly chunk: Chunk;
}

export interface InstrumentInput {
  readonly instrument: string;
  /** When the instrument was seen for the first time, to have the trading hours before it; 0: it was seen before. */
  readonly warmUpFromMicros: number;
}

export interface CoverageInput {
  readonly instrument: string;
  readonly gap: string;
}

/** Inputs and results go through the queue as JSON; what comes back was written by this alone. */
export function asJson(value: ChunkInput | InstrumentInput | CoverageInput | ChunkResult): Json {
  return JSON.parse(JSON.stringify(value)) as Json;
}

export function inputOf<T extends ChunkInput | InstrumentInput | CoverageInput>(input: Json): T {
  return input as unknown as T;
}

export function resultOf(result: Json | undefined): ChunkResult | undefined {
  if (typeof result !== 'object' || result === null || !('toldToMicros' in result)) return undefined;
  return result as unknown as ChunkResult;
}

/** How much a chunk is, ids or minutes, for what is left of a recovery. What has an open end counts when it has come. */
export function sizeOf(chunk: Chunk): number {
  if (chunk.what === 'ids') return chunk.toId - chunk.fromId + 1;
  return chunk.what === 'warm-up' ? Math.ceil((chunk.toMicros - chunk.fromMicros) / 60_000_000) : 0;
}
