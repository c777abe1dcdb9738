import type { LostSpan } from '@tickwright/market';
import { idProblems, isRemovedTime } from '@tickwright/store';
import type { IdFinding } from '@tickwright/store';
import type { OffsetRange } from '@tickwright/upkeep';
import type { Core } from '../core.ts';

/** Ticks lost with a range of frames; of one segment, where it is a sealed part's. */
export interface LostRange extends OffsetRange {
  readonly segment?: string;
}

const DEADLINE_MS = 600_000;

/**
 * What lost frames mean for each instrument: the time between the last tick before them and the first one behind, and
 * the ids between, where there are any. An instrument whose ids go on without a hole has lost nothing.
 */
export async function spansOfLoss(core: Core, ranges: readonly LostRange[]): Promise<LostSpan[]> {
  const spans: LostSpan[] = [];
  for (const range of ranges) spans.push(...(await spansOf(core, range)));
  spans.push(...(await unexplainedIds(core, spans)));
  return spans;
}

async function spansOf(core: Core, { firstOffset, endOffset, segment }: LostRange): Promise<LostSpan[]> {
  const before = `frame_offset < ${firstOffset}`;
  const after = `frame_offset >= ${endOffset}`;
  const rows = await core.tickFile.withTicks({}, ({ database, relation }) =>
    database.read(
      `SELECT instrument, min(id_space) AS space, max(event_time) FILTER (WHERE ${before}) AS from_time,
         min(event_time) FILTER (WHERE ${after}) AS to_time, max(trade_id) FILTER (WHERE ${before}) AS last_id,
         min(trade_id) FILTER (WHERE ${after}) AS next_id
       FROM ${relation} GROUP BY instrument ORDER BY instrument`,
      [],
      { deadlineMs: DEADLINE_MS },
    ),
  );
  const told = new Map(rows.map((row) => [String(row['instrument']), row]));
  const now = core.clock.nowMicros();
  const spans: LostSpan[] = [];
  for (const { key, segment: own } of core.instruments.list()) {
    if (segment !== undefined && own !== segment) continue;
    const row = told.get(key);
    const toMicros = Number(row?.['to_time'] ?? now);
    const hasIds = Number(row?.['space'] ?? 0) > 0;
    const lastId = hasIds ? Number(row?.['last_id'] ?? -1) : -1;
    const nextId = hasIds ? Number(row?.['next_id'] ?? -1) : -1;
    if (lastId >= 0 && nextId >= 0 && nextId <= lastId + 1) continue;
    spans.push({
      instrument: key,
      fromMicros: Number(row?.['from_time'] ?? toMicros),
      toMicros,
      fromId: lastId < 0 ? -1 : lastId + 1,
      toId: nextId < 0 ? -1 : nextId - 1,
    });
  }
  return spans;
}

/** Ids that are missing between two that are stored, and that no gap tells of yet. */
async function unexplainedIds(core: Core, told: readonly LostSpan[]): Promise<LostSpan[]> {
  const { instruments, pipeline, tickFile } = core;
  const known = [...pipeline.gaps.open(), ...told];
  const found: LostSpan[] = [];
  await tickFile.withTicks({}, async ({ database, relation }) => {
    for await (const findings of idProblems({ database, tickSource: relation, instruments }))
      for (const finding of findings) {
        if (
          finding.kind !== 'missing' ||
          isRemovedTime(finding, (segment) => tickFile.keptFromMicros(segment))
        )
          continue;
        if (!known.some((gap) => accountsFor(gap, finding))) found.push(spanOf(finding));
      }
  });
  return found;
}

function accountsFor(gap: Omit<LostSpan, 'toMicros'>, finding: IdFinding): boolean {
  if (gap.instrument !== finding.instrument || gap.fromId < 0 || gap.toId < 0) return false;
  return gap.fromId <= finding.fromId && gap.toId >= finding.toId;
}

function spanOf({ instrument, fromId, toId, afterMicros, beforeMicros }: IdFinding): LostSpan {
  return {
    instrument,
    fromMicros: Math.min(afterMicros, beforeMicros),
    toMicros: Math.max(afterMicros, beforeMicros),
    fromId,
    toId,
  };
}
