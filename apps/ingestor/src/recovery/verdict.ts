import { calendars } from '@tickwright/market';
import type { Gap, GapVerdict, StandInSpan } from '@tickwright/market';
import type { Core } from '../core.ts';
import { recordOwnEvent } from '../intake/journal-sink.ts';
import { endOf } from './candle-chunks.ts';
import type { Chunk, ChunkResult } from './chunk-input.ts';
import type { Recovered, RecoveryContext } from './context.ts';
import { lastTradingMinuteEnd, minuteEnd, minuteOf } from './trading-time.ts';

const MINUTE_MICROS = 60_000_000;

/** A chunk that was done for a gap, and what it left. */
export interface DoneChunk {
  readonly chunk: Chunk;
  readonly result: ChunkResult;
}

/** What is known of a gap after its chunks; `standIn`: where the venue's candles stand for ticks from now on. */
export interface Judgement {
  readonly verdict: GapVerdict;
  readonly standIn?: StandInSpan;
}

/**
 * Whether a gap is filled: every id covered, or every minute told by the venue. What is not proved leaves it open, with
 * the reason. Undefined when the gap has been filled meanwhile.
 */
export async function judge(
  context: RecoveryContext,
  recovered: Recovered,
  asked: { readonly gap: string; readonly done: readonly DoneChunk[] },
): Promise<Judgement | undefined> {
  const { pipeline } = context.core;
  pipeline.settle();
  const gap = pipeline.gaps.unfilled(asked.gap);
  if (gap === undefined) return undefined;
  const candles = asked.done.find(({ chunk }) => chunk.what === 'candles');
  if (candles !== undefined) return judgeMinutes(context, gap, candles.result);
  if (gap.fromId < 0) return { verdict: judgeStart(gap, recovered, asked.done) };
  if (gap.toId < 0) return { verdict: judgeEndless(context, recovered, { gap, done: asked.done }) };
  return { verdict: judgeIds(context, recovered, { gap, done: asked.done }) };
}

/** The gap at the beginning of an instrument's ticks: the part of one minute before them, of which nothing is known. */
export function isFirstMinute({ cause, fromId, fromMicros, toMicros }: Gap): boolean {
  const isOneMinute = toMicros >= 0 && minuteEnd(toMicros) - minuteOf(fromMicros) === MINUTE_MICROS;
  return cause === 'start' && fromId < 0 && isOneMinute;
}

/**
 * The partial minutes in which an instrument's ticks begin, where the venue's own candles of them are stored: those stand.
 * What single trades may still fill is left to them.
 */
export async function judgeFirstMinutes(
  context: RecoveryContext,
  { instrument: { key }, history }: Recovered,
): Promise<Judgement[]> {
  const judgements: Judgement[] = [];
  for (const gap of context.core.pipeline.gaps.unfilledOf(key)) {
    if (!isFirstMinute(gap) || (history.hasTrades && gap.state !== 'unfillable')) continue;
    const { id, fromMicros, toMicros } = gap;
    const minute = { fromMicros: minuteOf(fromMicros), toMicros: minuteEnd(toMicros) };
    if ((await context.minutes.uncovered(key, minute)) > 0) continue;
    const verdict = { id, state: 'filled', reason: "the venue's candles cover it" } as const;
    judgements.push({ verdict, standIn: { instrument: key, fromMicros, toMicros } });
  }
  return judgements;
}

/** What of a gap is done while its last minutes are waited for: those before stand already. */
export async function judgeSoFar(
  context: RecoveryContext,
  asked: { readonly gap: string; readonly toldToMicros: number },
): Promise<Judgement[]> {
  const gap = context.core.pipeline.gaps.unfilled(asked.gap);
  if (gap === undefined || asked.toldToMicros <= gap.fromMicros) return [];
  const { verdict, standIn } = await judgeMinutes(context, gap, asked);
  if (standIn === undefined || verdict.state !== 'open') return [];
  return [{ verdict: { ...verdict, state: 'filling' }, standIn }];
}

/** Journals verdicts, and before them where the venue's candles stand, in one turn. */
export function record(context: { core: Core }, judgements: readonly Judgement[]): void {
  if (judgements.length === 0) return;
  const { core } = context;
  const spans = judgements.flatMap(({ standIn }) => standIn ?? []);
  if (spans.length > 0) recordOwnEvent(core, { type: 'stand-in', spans });
  recordOwnEvent(core, { type: 'recovered', verdicts: judgements.map(({ verdict }) => verdict) });
}

async function judgeMinutes(
  context: RecoveryContext,
  gap: Gap,
  { toldToMicros }: Pick<ChunkResult, 'toldToMicros'>,
): Promise<Judgement> {
  const { id, instrument, fromMicros } = gap;
  const { untilMicros, isEnded } = endOf(context, gap);
  const calendar = calendars(
    context.core.instruments.at(context.core.instruments.indexOf(instrument)).calendar,
  );
  const dueMicros = lastTradingMinuteEnd(
    { fromMicros: minuteOf(fromMicros), toMicros: untilMicros },
    calendar,
  );
  const uncovered = await context.minutes.uncovered(instrument, {
    fromMicros: minuteOf(fromMicros),
    toMicros: Math.min(dueMicros, toldToMicros),
  });
  if (uncovered > 0)
    return { verdict: { id, state: 'open', reason: `${uncovered} of its minutes are not stored` } };
  if (isEnded && toldToMicros >= dueMicros) {
    const toMicros = gap.toMicros < 0 ? untilMicros - 1 : gap.toMicros;
    return {
      verdict: { id, state: 'filled', reason: "the venue's candles cover it", doneToMicros: toMicros },
      standIn: { instrument, fromMicros, toMicros },
    };
  }
  const reason = `the venue's candles reach to ${new Date(toldToMicros / 1_000).toISOString()} so far`;
  if (toldToMicros <= fromMicros) return { verdict: { id, state: 'open', reason } };
  const standIn = { instrument, fromMicros, toMicros: toldToMicros - 1 };
  return { verdict: { id, state: 'open', reason, doneToMicros: toldToMicros }, standIn };
}

function judgeStart(gap: Gap, { history }: Recovered, done: readonly DoneChunk[]): GapVerdict {
  const { id } = gap;
  const below = done.find(({ chunk, result }) => chunk.what === 'below' && result.isEnd);
  if (below === undefined || below.result.lastId !== gap.toId + 1)
    return { id, state: 'open', reason: 'not all of its minute has been told yet' };
  if (history.history.findsTradesBy === 'time')
    return {
      id,
      state: 'filled',
      reason: 'nothing was missed: the venue has no earlier trade in its minute',
    };
  return {
    id,
    state: 'unfillable',
    reason: `the venue's history begins with id ${below.result.lastId}`,
  };
}

/** A gap whose last id is not known: it lasts, or ended without one. */
function judgeEndless(
  { core }: RecoveryContext,
  { number }: Recovered,
  { gap, done }: { gap: Gap; done: readonly DoneChunk[] },
): GapVerdict {
  const { id, fromId, toMicros } = gap;
  const { deduplicator, gaps } = core.pipeline;
  const onward = done.find(({ chunk, result }) => chunk.what === 'onward' && result.isEnd)?.result;
  const isWhole = onward !== undefined && deduplicator.covers(number, fromId, onward.lastId);
  if (!isWhole) return { id, state: 'open', reason: 'not all of its trades have been told yet' };
  const { lastId, askedMicros } = onward;
  const isUp = gaps.seenSinceMicros(gap.instrument) >= 0;
  if (toMicros >= 0 || isUp)
    return {
      id,
      state: 'filled',
      reason: `the venue had no trade after id ${lastId}`,
      doneToMicros: askedMicros,
    };
  return {
    id,
    state: 'open',
    reason: `fetched up to id ${lastId}; it lasts until the stream tells of it again`,
    doneToMicros: askedMicros,
  };
}

function judgeIds(
  { core }: RecoveryContext,
  { number }: Recovered,
  { gap, done }: { gap: Gap; done: readonly DoneChunk[] },
): GapVerdict {
  const { id, fromId, toId } = gap;
  const holes = core.pipeline.deduplicator.holesWithin(number, fromId, toId);
  if (holes.length === 0) return { id, state: 'filled', reason: 'every missing id is there' };
  const missing = done.flatMap(({ result }) => result.missing);
  const isMissing = holes.every(([from, to]) => missing.some(([first, last]) => first <= from && to <= last));
  const named = holes
    .slice(0, 3)
    .map(([from, to]) => (from === to ? `${from}` : `${from} to ${to}`))
    .join(', ');
  const more = holes.length > 3 ? ` and ${holes.length - 3} more` : '';
  return isMissing
    ? { id, state: 'unfillable', reason: `the venue's history has no ids ${named}${more}` }
    : { id, state: 'open', reason: `ids ${named}${more} have not been told yet` };
}
