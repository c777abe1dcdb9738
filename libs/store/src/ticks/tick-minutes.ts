import type { Columns, Database } from '@tickwright/database';
import { TickKind, candleStateColumns } from '@tickwright/market';
import type { CandleStateColumns } from '@tickwright/market';
import { ticksRelation } from './tick-source.ts';
import type { TickFilter, TickSources } from './tick-source.ts';

/** Which minutes to compute from the stored ticks. All that are given must hold. */
export interface MinutesQuery {
  /** Keys of instruments; all when absent. */
  readonly instruments?: readonly string[];
  /** openTime, inclusive, microseconds UTC, a whole minute. */
  readonly fromMicros?: number;
  /** openTime, exclusive, a whole minute. */
  readonly toMicros?: number;
  /** Only minutes that a tick with this journal offset or a later one belongs to. */
  readonly changedSince?: number;
  /** Milliseconds, 10 minutes unless told: a whole history may be asked for. */
  readonly deadlineMs?: number;
}

const MINUTE_MICROS = 60_000_000;
const DEADLINE_MS = 600_000;

// Exact sums as in market's exact-sum.ts: round(volume * 10^decimals) while that is certainly right, else the units of
// the shortest decimal that stands for the float64, by way of DECIMAL(38, 18).
const ROUNDING_LIMIT = 2 ** 51;
const LIMB = 2 ** 52;
const DECIMAL_PLACES = 18;
const UNITS = `CASE WHEN volume * scale < ${ROUNDING_LIMIT} THEN round(volume * scale)::BIGINT::HUGEINT
  ELSE (replace(volume::VARCHAR::DECIMAL(38, ${DECIMAL_PLACES})::VARCHAR, '.', '')::HUGEINT + unit // 2) // unit END`;

// A struct compares field by field: this is market's order of ticks. Its smallest and largest carry the price along.
const KEY = '{t: event_time, i: trade_id, o: frame_offset, x: frame_index, p: price}';

const OPEN_TIME = `(epoch_us(event_time) - epoch_us(event_time) % ${MINUTE_MICROS})`;
const NOT_QUOTE = `kind <> ${TickKind.quote}`;

/**
 * Folds the stored ticks into 1m candle states, exactly as the candle builder does, but for the session: minutes
 * outside of it are the caller's to leave out. `numberOf` turns the file's instrument numbers into the table's.
 */
export async function computeMinutes(
  database: Database,
  sources: TickSources,
  options: { readonly query: MinutesQuery; readonly numberOf: (fileNumber: number) => number },
): Promise<CandleStateColumns> {
  const { query, numberOf } = options;
  const filter = filterOf(query);
  const deadlineMs = query.deadlineMs ?? DEADLINE_MS;
  if (query.changedSince === undefined) {
    return statesOf(await database.readColumns(minutesSql(sources, filter), [], { deadlineMs }), numberOf);
  }
  const touched = `SELECT DISTINCT instrument, ${OPEN_TIME} AS open_time
    FROM ${ticksRelation(sources, { ...filter, fromOffset: query.changedSince }, 'numbers')} WHERE ${NOT_QUOTE}`;
  const [span] = await database.read(
    `SELECT min(open_time) AS a, max(open_time) AS z FROM (${touched})`,
    [],
    {
      deadlineMs,
    },
  );
  if (span['a'] === null) return candleStateColumns(0);
  // The bounds let the engine skip what is older, the join what is in between.
  const bounded = { ...filter, fromMicros: Number(span['a']), toMicros: Number(span['z']) + MINUTE_MICROS };
  const sql = minutesSql(
    sources,
    bounded,
    `SEMI JOIN (${touched}) m ON m.instrument = t.instrument AND m.open_time = ${OPEN_TIME}`,
  );
  return statesOf(await database.readColumns(sql, [], { deadlineMs }), numberOf);
}

function minutesSql(sources: TickSources, filter: TickFilter, join = ''): string {
  return `WITH scaled AS (
      SELECT number, ('1e' || quantity_decimals)::DOUBLE AS scale,
        ('1' || repeat('0', greatest(0, ${DECIMAL_PLACES} - quantity_decimals)))::HUGEINT AS unit FROM instruments),
    minutes AS (
      SELECT t.instrument, ${OPEN_TIME} AS open_time, min(${KEY}) AS first, max(${KEY}) AS last, max(price) AS high,
        min(price) AS low, sum(${UNITS}) AS units, count(*) FILTER (volume > 0 OR kind = ${TickKind.trade}) AS trades,
        max(frame_offset) AS version
      FROM ${ticksRelation(sources, filter, 'numbers')} t ${join} JOIN scaled s ON s.number = t.instrument
      WHERE ${NOT_QUOTE} GROUP BY t.instrument, ${OPEN_TIME})
    SELECT instrument, open_time, first.p AS open, high, low, last.p AS close, units % ${LIMB} AS volume_low,
      units // ${LIMB} AS volume_high, trades, version, first.t AS first_time, first.i AS first_id,
      first.o AS first_offset, first.x AS first_index, last.t AS last_time, last.i AS last_id, last.o AS last_offset,
      last.x AS last_index
    FROM minutes ORDER BY instrument, open_time`;
}

function filterOf(query: MinutesQuery): TickFilter {
  for (const bound of [query.fromMicros, query.toMicros]) {
    if (bound !== undefined && bound % MINUTE_MICROS !== 0)
      throw new RangeError(`${bound} is not a whole minute`);
  }
  return {
    ...(query.instruments === undefined ? {} : { instruments: query.instruments }),
    ...(query.fromMicros === undefined ? {} : { fromMicros: query.fromMicros }),
    ...(query.toMicros === undefined ? {} : { toMicros: query.toMicros }),
  };
}

function statesOf(columns: Columns, numberOf: (fileNumber: number) => number): CandleStateColumns {
  const states = candleStateColumns(columns.rowCount);
  states.count = columns.rowCount;
  states.instrument.set(columns.numbers('instrument').map(numberOf));
  states.openTime.set(columns.numbers('open_time'));
  states.open.set(columns.numbers('open'));
  states.high.set(columns.numbers('high'));
  states.low.set(columns.numbers('low'));
  states.close.set(columns.numbers('close'));
  states.volumeLow.set(columns.numbers('volume_low'));
  states.volumeHigh.set(columns.numbers('volume_high'));
  states.tradeCount.set(columns.numbers('trades'));
  states.version.set(columns.numbers('version'));
  states.firstEventTime.set(columns.numbers('first_time'));
  states.firstTradeId.set(columns.numbers('first_id'));
  states.firstOffset.set(columns.numbers('first_offset'));
  states.firstIndex.set(columns.numbers('first_index'));
  states.lastEventTime.set(columns.numbers('last_time'));
  states.lastTradeId.set(columns.numbers('last_id'));
  states.lastOffset.set(columns.numbers('last_offset'));
  states.lastIndex.set(columns.numbers('last_index'));
  return states;
}
