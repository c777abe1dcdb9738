import type { Database, Row } from '@tickwright/database';
import { DAY_MICROS, MINUTE_MICROS, TickKind } from '@tickwright/market';
import type { TimeSpan } from '@tickwright/market';
import type { TickFilter } from '../ticks/tick-source.ts';

/** A trade so long before, or after, still shows that nothing traded up to it, or from it on. */
const LOOK_BACK_MICROS = 7 * DAY_MICROS;
const LOOK_AHEAD_MICROS = DAY_MICROS;

/** Lends stored ticks as an SQL relation; a `TickFile` does. */
export interface TickLender {
  withTicks<T>(
    filter: TickFilter,
    read: (source: { readonly database: Database; readonly relation: string }) => Promise<T>,
  ): Promise<T>;
}

/** What stored ticks say of an instrument's minutes. */
export interface TickEvidence {
  /** Whole minutes between two trades whose ids follow one another. */
  readonly contiguous: readonly TimeSpan[];
  /** Event times of its first and its last tick of late, microseconds UTC. */
  readonly firstMicros: number;
  readonly lastMicros: number;
}

/** By instrument key. An instrument without a tick of late is absent. */
export async function tickEvidence(
  ticks: TickLender,
  span: TimeSpan,
  instruments: readonly string[],
): Promise<Map<string, TickEvidence>> {
  const filter = {
    instruments,
    fromMicros: span.from - LOOK_BACK_MICROS,
    toMicros: span.to + LOOK_AHEAD_MICROS,
  };
  const [edges, untraded] = await ticks.withTicks(filter, async ({ database, relation }) => [
    await database.read(edgesSql(relation), [], { deadlineMs: DEADLINE_MS }),
    await database.read(contiguousSql(relation), [], { deadlineMs: DEADLINE_MS }),
  ]);
  const spans = new Map<string, TimeSpan[]>();
  for (const row of untraded) {
    const list = spans.get(keyOf(row));
    const found = { from: Number(row['from_micros']), to: Number(row['to_micros']) };
    if (list === undefined) spans.set(keyOf(row), [found]);
    else list.push(found);
  }
  return new Map(
    edges.map((row) => [
      keyOf(row),
      {
        contiguous: spans.get(keyOf(row)) ?? [],
        firstMicros: Number(row['first_micros']),
        lastMicros: Number(row['last_micros']),
      },
    ]),
  );
}

const DEADLINE_MS = 600_000;

function edgesSql(relation: string): string {
  return `SELECT instrument, epoch_us(min(event_time)) AS first_micros, epoch_us(max(event_time)) AS last_micros
    FROM ${relation} GROUP BY instrument`;
}

function contiguousSql(relation: string): string {
  return `WITH minutes AS (
      SELECT instrument, id_space, epoch_us(event_time) // ${MINUTE_MICROS} AS minute, min(trade_id) AS first_id,
        max(trade_id) AS last_id
      FROM ${relation} WHERE trade_id >= 0 AND kind <> ${TickKind.quote} GROUP BY ALL),
    pairs AS (
      SELECT instrument, minute, first_id, lag(minute) OVER before AS minute_before, lag(last_id) OVER before AS id_before
      FROM minutes WINDOW before AS (PARTITION BY instrument, id_space ORDER BY minute))
    SELECT instrument, (minute_before + 1) * ${MINUTE_MICROS} AS from_micros, minute * ${MINUTE_MICROS} AS to_micros
    FROM pairs WHERE first_id = id_before + 1 AND minute > minute_before + 1 ORDER BY instrument, minute`;
}

function keyOf(row: Row): string {
  return String(row['instrument']);
}
