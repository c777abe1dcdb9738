import { JobPostponedError } from '@tickwright/jobs';
import { TickwrightError } from '@tickwright/runtime';
import { HISTORY_LIMITS } from '@tickwright/venues';
import type { TradePage } from '@tickwright/venues';
import { requireRoom } from './context.ts';
import type { Recovered, RecoveryContext } from './context.ts';

/**
 * How far back to ask when a page begins after the id that is due: of a venue that finds trades by time, the time we know
 * may be later than the trade's.
 */
const STEPS_BACK_MICROS = [0, 1_000, 1_000_000, 60_000_000];
/** Rows that a page may hold beside those asked for: trades of the same moment. */
const SLACK_ROWS = 10;
/** Pages of older trades that are passed over, before the one that is due, after a step back. */
const OLDER_PAGES_MAX = 50;
const REFUSED_MS = 1_000;

/** The venue's answer does not say what it was asked for: nothing can be concluded from it. */
export class EmptyHistoryError extends TickwrightError {
  constructor(found: string) {
    super(found, { code: 'empty-history', canRetry: true });
  }
}

export interface WalkSpan {
  /** The first id that may be missing. */
  readonly fromId: number;
  /** The last one, inclusive; -1: whatever the venue has. */
  readonly toId: number;
  /** A time at or before that of the trade before `fromId`. */
  readonly fromMicros: number;
}

export interface Walked {
  readonly lastId: number;
  readonly lastTimeMicros: number;
  readonly askedMicros: number;
  /** The venue had nothing newer than `lastId`. */
  readonly isEnd: boolean;
  /** Ids that were passed over by pages that hold those on both sides. */
  readonly missing: readonly (readonly [number, number])[];
}

/**
 * Asks for missing trades page by page, upward, skipping what is covered by now. Each page is asked for from the id before,
 * which is known: a page without it is no answer, however empty, and never means that nothing is missing.
 * Errors: EmptyHistoryError, JobPostponedError, and the history's own.
 */
export async function walkTrades(
  context: RecoveryContext,
  recovered: Recovered,
  { span, signal, onPage }: { span: WalkSpan; signal: AbortSignal; onPage: (ids: number) => void },
): Promise<Walked> {
  const { number } = recovered;
  const { deduplicator } = context.core.pipeline;
  let walked: Walked = {
    lastId: span.fromId - 1,
    lastTimeMicros: span.fromMicros,
    askedMicros: 0,
    isEnd: false,
    missing: [],
  };
  for (;;) {
    const from = nextMissing(context, { number, from: walked.lastId + 1, to: span.toId });
    if (from === undefined) return walked;
    const askedMicros = context.clock.nowMicros();
    const page = await pageFrom(context, recovered, { from, to: span.toId, walked, signal });
    const { lastId } = page;
    onPage(Math.max(0, lastId - from + 1));
    if (lastId < from) return { ...walked, lastId: from - 1, askedMicros, isEnd: true };
    const told = span.toId < 0 ? lastId : Math.min(lastId, span.toId);
    const missing = [...walked.missing, ...deduplicator.holesWithin(number, from, told)];
    walked = { lastId, lastTimeMicros: page.lastTimeMicros, askedMicros, isEnd: false, missing };
  }
}

/** The first id of [from, to] that is not covered; with an open end the one above the newest, when all below are. */
function nextMissing(
  { core }: RecoveryContext,
  { number, from, to }: { number: number; from: number; to: number },
): number | undefined {
  const { pipeline } = core;
  pipeline.settle();
  const { deduplicator } = pipeline;
  const newest = deduplicator.lastTradeId(number);
  const [hole] = deduplicator.holesWithin(number, from, to < 0 ? newest : to);
  if (hole !== undefined) return hole[0];
  return to < 0 ? Math.max(from, newest + 1) : undefined;
}

interface PageWanted {
  readonly from: number;
  readonly to: number;
  readonly walked: Walked;
  readonly signal: AbortSignal;
}

/** A page with the id before `from`, or as near to it as the venue will tell, and with what follows it if there is any. */
async function pageFrom(
  context: RecoveryContext,
  recovered: Recovered,
  { from, to, walked, signal }: PageWanted,
): Promise<TradePage> {
  const { key } = recovered.instrument;
  const anchor = Math.max(0, from - 1);
  const limit = to < 0 ? HISTORY_LIMITS.pageRows : rowsWanted(context, recovered, { anchor, to });
  let firstId = -1;
  for (const back of STEPS_BACK_MICROS) {
    let fromMicros = Math.max(0, walked.lastTimeMicros - back);
    for (let pages = 0; pages < OLDER_PAGES_MAX; pages += 1) {
      const page = await onePage(context, recovered, { anchor, fromMicros, limit, signal });
      if (pages === 0) ({ firstId } = page);
      if (firstId > anchor && !(back === STEPS_BACK_MICROS.at(-1) && firstId <= from)) break;
      // A full page of older trades: what is due comes behind it.
      const isOlder = page.lastId < from && page.rows >= limit && page.lastTimeMicros > fromMicros;
      if (!isOlder) return page;
      fromMicros = page.lastTimeMicros;
    }
  }
  throw new EmptyHistoryError(
    `${key}: asked for trades from id ${anchor} on, the venue's history begins with ${firstId}`,
  );
}

/** Rows of a page from `anchor` on: other holes that one page reaches are filled by it too, and need none of their own. */
function rowsWanted(
  { core }: RecoveryContext,
  { number }: Recovered,
  { anchor, to }: { anchor: number; to: number },
): number {
  const { pageRows } = HISTORY_LIMITS;
  const { deduplicator } = core.pipeline;
  const reach = Math.min(anchor + pageRows - 1, deduplicator.lastTradeId(number));
  const last = deduplicator.holesWithin(number, anchor, reach).at(-1)?.[1] ?? to;
  return Math.min(pageRows, Math.max(to, last) - anchor + 1 + SLACK_ROWS);
}

/** Errors: EmptyHistoryError for a page without rows, JobPostponedError. */
async function onePage(
  context: RecoveryContext,
  { instrument, streamKind, history }: Recovered,
  asked: { anchor: number; fromMicros: number; limit: number; signal: AbortSignal },
): Promise<TradePage> {
  const { anchor, ...rest } = asked;
  requireRoom(context);
  const refusedBefore = history.refused();
  const page = await history.history.trades({ instrument, streamKind, fromId: anchor, ...rest });
  context.core.pipeline.settle();
  context.meter.page(page.rows);
  if (history.refused() > refusedBefore)
    throw new JobPostponedError('the journal takes no more', { delayMs: REFUSED_MS });
  if (page.rows === 0)
    throw new EmptyHistoryError(
      `${instrument.key}: the venue's history told no trade from id ${anchor} on, though that one is known`,
    );
  return page;
}
