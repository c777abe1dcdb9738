import type { JobReader, RunId } from '@tickwright/jobs';
import type { Gap } from '@tickwright/market';
import { TickwrightError } from '@tickwright/runtime';
import { HISTORY_LIMITS } from '@tickwright/venues';
import { NOTHING_TOLD, inputOf, resultOf } from './chunk-input.ts';
import type {
  BelowChunk,
  ChunkInput,
  ChunkResult,
  CoverageInput,
  IdsChunk,
  OnwardChunk,
} from './chunk-input.ts';
import { requireRoom } from './context.ts';
import type { Recovered, RecoveryContext } from './context.ts';
import { EmptyHistoryError, walkTrades } from './trade-walk.ts';
import type { Walked } from './trade-walk.ts';

/** Ids that a venue passed over are asked for once more after this, before they are called missing there. */
const ASK_AGAIN_MS = 1_000;
/** Ticks of so long tell how often an instrument trades. */
const SEEN_MIN_MICROS = 1_000_000;
/** Rows below the oldest trade that are asked for in any case. */
const BELOW_ROWS_MIN = 50;
/** Names of holes in a result; more are counted in its text alone. */
const MISSING_MAX = 100;

/** The venue's history does not reach as far as its stream yet. */
export class HistoryBehindError extends TickwrightError {
  constructor(key: string, told: { lastId: number; toId: number }) {
    super(
      `${key}: the venue's history reaches to id ${told.lastId} so far, trades up to ${told.toId} are missing`,
      { code: 'history-behind', canRetry: true },
    );
  }
}

export interface ChunkWork {
  readonly signal: AbortSignal;
  /** Ids that a page brought. */
  readonly onPage: (ids: number) => void;
  /** When the newest trade of the chunk before was, microseconds UTC; 0 for the first chunk. */
  readonly afterMicros: number;
}

/** Trades of known ids. Errors: HistoryBehindError and those of `walkTrades`. */
export async function fetchIds(
  context: RecoveryContext,
  recovered: Recovered,
  { chunk, work }: { chunk: IdsChunk; work: ChunkWork },
): Promise<ChunkResult> {
  const { fromId, toId } = chunk;
  const fromMicros = Math.max(chunk.fromMicros, work.afterMicros);
  const span = { fromId, toId, fromMicros };
  const walked = await walkTrades(context, recovered, { span, ...work });
  if (walked.isEnd) throw new HistoryBehindError(recovered.instrument.key, { lastId: walked.lastId, toId });
  return askAgain(context, recovered, { walked, fromMicros, work });
}

/** Trades up to what the venue has. */
export async function fetchOnward(
  context: RecoveryContext,
  recovered: Recovered,
  { chunk, work }: { chunk: OnwardChunk; work: ChunkWork },
): Promise<ChunkResult> {
  const { fromId, fromMicros } = chunk;
  const span = { fromId, toId: -1, fromMicros };
  const walked = await walkTrades(context, recovered, { span, ...work });
  return askAgain(context, recovered, { walked, fromMicros, work });
}

/**
 * Trades below the oldest one, until the ledger says that its minute is whole. A venue that has none of them leaves
 * `isEnd` behind with the oldest id that it told.
 */
export async function fetchBelow(
  context: RecoveryContext,
  { instrument, number, streamKind, history }: Recovered,
  { chunk, work }: { chunk: BelowChunk; work: ChunkWork },
): Promise<ChunkResult> {
  const { pipeline } = context.core;
  let before = -1;
  for (;;) {
    requireRoom(context);
    pipeline.settle();
    const gap = pipeline.gaps.unfilled(chunk.gap);
    // Whole, or known by its ids by now: those are another gap's chunk.
    if (gap === undefined || gap.fromId >= 0 || gap.toId < 0) return NOTHING_TOLD;
    if (gap.toId === before) return { ...NOTHING_TOLD, lastId: gap.toId + 1, isEnd: true };
    const isFirst = before < 0 && history.history.findsTradesBy !== 'time';
    const limit = isFirst ? rowsBelow(context, number, gap) : HISTORY_LIMITS.pageRows;
    before = gap.toId;
    const fromId = Math.max(0, gap.toId + 2 - limit);
    // A little earlier than the minute, so that a trade before it shows that there are no others.
    const fromMicros = Math.max(0, gap.fromMicros - 60_000_000);
    const { signal } = work;
    const page = await history.history.trades({ instrument, streamKind, fromId, fromMicros, limit, signal });
    pipeline.settle();
    context.meter.page(page.rows);
    const oldest = pipeline.deduplicator.firstTradeId(number);
    if (page.rows === 0)
      throw new EmptyHistoryError(
        `${instrument.key}: the venue's history told no trade from id ${fromId} on, though ${oldest} is known`,
      );
    work.onPage(Math.max(0, before + 1 - page.firstId));
  }
}

/**
 * Rows of the first page below an oldest trade: about what its minute holds before it, going by what came after. A full
 * page would hold an hour of an instrument that seldom trades, of which nobody asked.
 */
function rowsBelow({ core }: RecoveryContext, number: number, gap: Gap): number {
  const { deduplicator } = core.pipeline;
  const seenMicros = deduplicator.lastEventMicros(number) - gap.toMicros;
  if (seenMicros < SEEN_MIN_MICROS) return HISTORY_LIMITS.pageRows;
  const aMicro = (deduplicator.lastTradeId(number) - gap.toId) / seenMicros;
  const expected = aMicro * (gap.toMicros - gap.fromMicros);
  return Math.min(HISTORY_LIMITS.pageRows, Math.ceil(2 * expected) + BELOW_ROWS_MIN);
}

/** When the newest trade was that the chunks before this one of the same gap were told; 0 for the first one. */
export function afterMicrosOf(view: JobReader, of: { run: RunId; gap: string }): number {
  const times = view
    .jobs({ run: of.run, state: 'succeeded' })
    .filter(({ input }) => inputOf<ChunkInput | CoverageInput>(input).gap === of.gap)
    .map(({ result }) => resultOf(result)?.lastTimeMicros ?? 0);
  return Math.max(0, ...times);
}

async function askAgain(
  context: RecoveryContext,
  recovered: Recovered,
  { walked, fromMicros, work }: { walked: Walked; fromMicros: number; work: ChunkWork },
): Promise<ChunkResult> {
  const missing: (readonly [number, number])[] = [];
  if (walked.missing.length > 0) await context.clock.sleep(ASK_AGAIN_MS, work.signal);
  for (const [fromId, toId] of walked.missing) {
    const span = { fromId, toId, fromMicros };
    missing.push(...(await walkTrades(context, recovered, { span, ...work })).missing);
  }
  const { lastId, lastTimeMicros, askedMicros, isEnd } = walked;
  return {
    ...NOTHING_TOLD,
    lastId,
    lastTimeMicros,
    askedMicros,
    isEnd,
    missing: missing.slice(0, MISSING_MAX),
  };
}
