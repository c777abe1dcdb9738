import type { Database, Row } from '@tickwright/database';
import { ID_SPACE_NAMES } from '@tickwright/market';
import type { InstrumentTable } from '@tickwright/market';
import { isoTime } from './problem-list.ts';
import type { KnownGap, ProblemList } from './problem-list.ts';

/** Trade ids that are stored more than once, or that are missing between two that are stored. */
export interface IdFinding {
  readonly kind: 'twice' | 'missing';
  /** The instrument's key. */
  readonly instrument: string;
  /** `trade`, `aggTrade`. */
  readonly idSpace: string;
  /** Both inclusive. */
  readonly fromId: number;
  readonly toId: number;
  /** eventTime of the tick before and of the tick after, microseconds UTC. */
  readonly afterMicros: number;
  readonly beforeMicros: number;
}

/** Finds what is wrong with the stored trade ids. */
export interface IdReader {
  /** Calls `take` with the findings, in batches; resolves when there are no more. */
  readIdProblems(take: (findings: readonly IdFinding[]) => void): Promise<void>;
}

/** How long the check of all ids may take: it sorts every tick of the store. */
const DEADLINE_MS = 600_000;

export interface IdSource {
  readonly database: Database;
  /**
   * An SQL relation with columns instrument, event_time, id_space, trade_id: a table, `read_parquet([...])`, or a query
   * in brackets that joins both. The instrument is a number of `instruments` or a key.
   */
  readonly tickSource: string;
  readonly instruments: InstrumentTable;
}

/**
 * What is wrong with the trade ids of stored ticks: in order of id, each neighbour must be the next number. In order of
 * instrument and id, in batches as the engine gives them.
 */
export async function* idProblems(source: IdSource): AsyncIterable<readonly IdFinding[]> {
  const sql = `SELECT instrument, id_space, trade_id, previous_id, event_time, previous_time FROM (
      SELECT instrument, id_space, trade_id, event_time,
        lag(trade_id) OVER by_id AS previous_id, lag(event_time) OVER by_id AS previous_time
      FROM (SELECT instrument, id_space, trade_id, event_time FROM ${source.tickSource})
      WHERE id_space <> 0
      WINDOW by_id AS (PARTITION BY instrument, id_space ORDER BY trade_id, event_time))
    WHERE trade_id - previous_id <> 1
    ORDER BY instrument, id_space, trade_id`;
  for await (const rows of source.database.stream(sql, [], { deadlineMs: DEADLINE_MS })) {
    yield rows.map((row) => findingOf(row, source.instruments));
  }
}

/** Adds what an IdReader finds; missing ids within an open gap are no mismatch. */
export async function checkIds(check: {
  ids: IdReader;
  gaps: readonly KnownGap[];
  /** From when on all ticks of a segment are kept, microseconds UTC. */
  ticksKeptFrom: (segment: string) => number;
  found: ProblemList;
}): Promise<void> {
  const gaps = byInstrument(check.gaps);
  await check.ids.readIdProblems((findings) => {
    for (const finding of findings) {
      if (isRemovedTime(finding, check.ticksKeptFrom)) continue;
      const gap = gaps.get(finding.instrument)?.find((candidate) => accountsFor(candidate, finding));
      report(finding, gap, check.found);
    }
  });
}

/** Ids that follow a tick of the time of which ticks were removed may be among those. */
export function isRemovedTime(
  { kind, instrument, afterMicros }: IdFinding,
  keptFrom: (segment: string) => number,
): boolean {
  return kind === 'missing' && afterMicros < keptFrom(instrument.slice(0, instrument.indexOf('|')));
}

function byInstrument(gaps: readonly KnownGap[]): Map<string, KnownGap[]> {
  const found = new Map<string, KnownGap[]>();
  for (const gap of gaps) {
    const list = found.get(gap.instrument);
    if (list === undefined) found.set(gap.instrument, [gap]);
    else list.push(gap);
  }
  return found;
}

/** By ids where the gap has them; else the gap must overlap the time in which the missing ids were given out. */
function accountsFor(gap: KnownGap, finding: IdFinding): boolean {
  if (finding.kind !== 'missing') return false;
  if (gap.fromId !== undefined && gap.toId !== undefined) {
    return gap.fromId <= finding.fromId && gap.toId >= finding.toId;
  }
  return gap.from <= finding.beforeMicros && (gap.to ?? Infinity) >= finding.afterMicros;
}

function report(finding: IdFinding, gap: KnownGap | undefined, found: ProblemList): void {
  const { instrument, idSpace, fromId, toId } = finding;
  const at = isoTime(finding.beforeMicros);
  const ids = fromId === toId ? `${idSpace} id ${fromId}` : `${idSpace} ids ${fromId} to ${toId}`;
  const missing = fromId === toId ? 'is missing' : 'are missing';
  if (finding.kind === 'twice') {
    const message = `${instrument}: ${ids} is stored more than once`;
    found.add('id stored twice', () => ({
      instrument,
      at,
      expected: `${ids} once`,
      found: 'once more',
      message,
    }));
    return;
  }
  const expected = `${toId - fromId + 1} ticks, ${ids}`;
  const between = `between ${isoTime(finding.afterMicros)} and ${at}`;
  if (gap === undefined) {
    const message = `${instrument}: ${ids} ${missing} ${between} and no open gap accounts for them`;
    found.add('ids missing', () => ({ instrument, at, expected, found: 'none', message }));
  } else {
    const message = `${instrument}: ${ids} ${missing} ${between}; an open gap (${gap.cause}) accounts for them`;
    found.add('known gap', () => ({ instrument, at, expected, found: 'none', message }));
  }
}

function findingOf(row: Row, instruments: InstrumentTable): IdFinding {
  const { instrument, id_space: space, trade_id: id, previous_id: previous } = row;
  const tradeId = Number(id);
  const isTwice = id === previous;
  return {
    kind: isTwice ? 'twice' : 'missing',
    instrument: typeof instrument === 'number' ? instruments.at(instrument).key : String(instrument),
    idSpace: ID_SPACE_NAMES[Number(space)] ?? `space ${String(space)}`,
    fromId: isTwice ? tradeId : Number(previous) + 1,
    toId: isTwice ? tradeId : tradeId - 1,
    afterMicros: Number(row['previous_time']),
    beforeMicros: Number(row['event_time']),
  };
}
