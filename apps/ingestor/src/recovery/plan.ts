import type { Gap, SessionCalendar } from '@tickwright/market';
import type { Chunk } from './chunk-input.ts';
import { minuteEnd, tradingHoursBefore } from './trading-time.ts';

/** Ids of one chunk: some ten requests, so that a crash loses little and progress shows. */
const CHUNK_IDS = 10_000;
/** Chunks of one gap; a longer gap has larger ones. */
const GAP_CHUNKS_MAX = 500;
/** More ids than any venue has in days: a jump like that is no gap to be fetched one page after the other. */
export const GAP_IDS_MAX = 50_000_000;

/** What a plan must know beside the gaps. */
export interface PlanView {
  /** Whether the venue tells trades of the past. */
  readonly hasTrades: boolean;
  /** Ids that are missing in [from, to]. */
  missing(fromId: number, toId: number): readonly (readonly [number, number])[];
}

/** What is to be asked for the sake of one gap, in this order. None: there is more than can be asked for. Pure. */
export function chunksOf(gap: Gap, view: PlanView): Chunk[] {
  const { instrument, fromId, toId, fromMicros } = gap;
  if (!view.hasTrades || (fromId < 0 && toId < 0)) return [{ what: 'candles', instrument, gap: gap.id }];
  if (fromId < 0) return [{ what: 'below', instrument, gap: gap.id }];
  if (toId < 0) return [{ what: 'onward', instrument, fromId, fromMicros }];
  if (toId - fromId >= GAP_IDS_MAX) return [];
  return view.missing(fromId, toId).flatMap(([from, to]) => idChunks({ instrument, from, to, fromMicros }));
}

function idChunks(span: { instrument: string; from: number; to: number; fromMicros: number }): Chunk[] {
  const { instrument, from, to, fromMicros } = span;
  const size = Math.max(CHUNK_IDS, Math.ceil((to - from + 1) / GAP_CHUNKS_MAX));
  const chunks: Chunk[] = [];
  for (let fromId = from; fromId <= to; fromId += size)
    chunks.push({ what: 'ids', instrument, fromId, toId: Math.min(to, fromId + size - 1), fromMicros });
  return chunks;
}

/** The venue's candles of the trading hours before an instrument was seen for the first time. */
export function warmUpOf(
  instrument: string,
  { hours, seenMicros, calendar }: { hours: number; seenMicros: number; calendar: SessionCalendar },
): Chunk {
  const toMicros = minuteEnd(seenMicros);
  const fromMicros = tradingHoursBefore(toMicros, hours, calendar);
  return { what: 'warm-up', instrument, fromMicros, toMicros };
}
