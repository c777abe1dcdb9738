import type { Database, Row, SqlValue } from '@tickwright/database';
import type {
  Account,
  ClosedTrade,
  EngineEvent,
  EngineState,
  EquityPoint,
  Fill,
  Order,
  OrderChange,
  Signal,
  StartEvent,
  SuppressedVote,
} from '@tickwright/trading';
import { eventOf } from './event-body.ts';
import type { AlertStepName, RunRow, StoredAlert } from './ledger-entry.ts';

/** Which rows; all of them narrow. Times are of the events that made them, microseconds UTC. */
export interface RowFilter {
  readonly instrument?: string;
  readonly strategy?: string;
  /** Inclusive. */
  readonly fromMicros?: number;
  /** Exclusive. */
  readonly toMicros?: number;
  /** Only rows of events before this one: to page on. */
  readonly beforeSeq?: number;
  /** The newest so many. */
  readonly limit: number;
}

/** Rows one answer holds at most. */
export const ROWS_MAX = 100_000;

/** What a ledger holds, newest first unless said otherwise. */
export class LedgerQueries {
  readonly #database: Database;

  constructor(database: Database) {
    this.#database = database;
  }

  signals(filter: RowFilter): Promise<Signal[]> {
    return this.#bodies<Signal>('signals', filter);
  }

  suppressed(filter: RowFilter): Promise<SuppressedVote[]> {
    return this.#bodies<SuppressedVote>('suppressed', filter);
  }

  fills(filter: RowFilter): Promise<Fill[]> {
    return this.#bodies<Fill>('fills', filter);
  }

  trades(filter: RowFilter): Promise<ClosedTrade[]> {
    return this.#bodies<ClosedTrade>('trades', filter);
  }

  /** Orders as they stand, by their last change. */
  async orders(filter: RowFilter & { readonly state?: string }): Promise<Order[]> {
    const newest =
      'SELECT * FROM orders QUALIFY row_number() OVER (PARTITION BY id ORDER BY seq DESC, rowid DESC) = 1';
    const { state, ...rest } = filter;
    const found = await this.#rows(`(${newest})`, rest, state === undefined ? [] : [['state', state]]);
    return found.map((row) => parsed<OrderChange>(row).order);
  }

  /** All changes of one order, oldest first. */
  async orderHistory(id: string): Promise<OrderChange[]> {
    const rows = await this.#database.read('SELECT body FROM orders WHERE id = ? ORDER BY seq, rowid', [id]);
    return rows.map((row) => parsed<OrderChange>(row));
  }

  /** Oldest first; every n-th where there are more than `points`, the newest always among them. */
  async equity(range: {
    readonly fromMicros?: number;
    readonly toMicros?: number;
    readonly points: number;
  }): Promise<EquityPoint[]> {
    const { fromMicros = 0, toMicros = Number.MAX_SAFE_INTEGER, points } = range;
    const rows = await this.#database.read(
      `WITH found AS (SELECT *, row_number() OVER (ORDER BY seq DESC) - 1 AS age, count(*) OVER () AS total
         FROM equity WHERE time_micros >= ? AND time_micros < ?)
       SELECT * FROM found WHERE age % greatest(1, ceil(total / ?)::BIGINT) = 0 ORDER BY seq`,
      [fromMicros, toMicros, points],
    );
    return rows.map(equityPoint);
  }

  /** The account after the newest event that changed it; undefined: none did. */
  async account(): Promise<Account | undefined> {
    const [row] = await this.#database.read('SELECT body FROM accounts ORDER BY seq DESC LIMIT 1');
    return row === undefined ? undefined : parsed<Account>(row);
  }

  /** Newest first. */
  async runs(): Promise<(Omit<RunRow, 'state'> & { readonly state: EngineState })[]> {
    const rows = await this.#database.read('SELECT * FROM runs ORDER BY seq DESC');
    return rows.map((row) => ({
      runId: String(row['run_id']),
      seq: Number(row['seq']),
      timeMicros: Number(row['time_micros']),
      mode: String(row['mode']),
      release: String(row['release']),
      state: JSON.parse(String(row['state'])) as EngineState,
    }));
  }

  /** Consumed events from a number on, in order. */
  async *events(fromSeq: number, toSeq = Number.MAX_SAFE_INTEGER): AsyncGenerator<readonly EngineEvent[]> {
    const sql = 'SELECT body FROM events WHERE seq >= ? AND seq <= ? ORDER BY seq';
    for await (const rows of this.#database.stream(sql, [fromSeq, toSeq]))
      yield rows.map((row) => eventOf(String(row['body'])));
  }

  /** Every fill there is, oldest first. */
  async *allFills(): AsyncGenerator<readonly Fill[]> {
    const sql = 'SELECT body FROM fills ORDER BY seq, rowid';
    for await (const rows of this.#database.stream(sql)) yield rows.map((row) => parsed<Fill>(row));
  }

  /** The rows of a table that events of a span have made, in their order, as JSON texts: to be compared. */
  async texts(
    table: 'signals' | 'orders' | 'fills',
    span: { first: number; last: number },
  ): Promise<string[]> {
    const rows = await this.#database.read(
      `SELECT body FROM ${table} WHERE seq >= ? AND seq <= ? ORDER BY seq, rowid`,
      [span.first, span.last],
    );
    return rows.map((row) => String(row['body']));
  }

  /** The newest event that begins a run; undefined: none is kept. */
  async lastStart(): Promise<StartEvent | undefined> {
    const [row] = await this.#database.read(
      `SELECT body FROM events WHERE type = 'start' ORDER BY seq DESC LIMIT 1`,
    );
    return row === undefined ? undefined : parsed<StartEvent>(row);
  }

  /** First and last event whose time lies in the range; undefined: none does. */
  async eventRange(
    fromMicros: number,
    toMicros: number,
  ): Promise<{ first: number; last: number } | undefined> {
    const [row] = await this.#database.read(
      'SELECT min(seq) AS first, max(seq) AS last FROM events WHERE time_micros >= ? AND time_micros < ?',
      [fromMicros, toMicros],
    );
    if (row === undefined || row['first'] === null) return undefined;
    return { first: Number(row['first']), last: Number(row['last']) };
  }

  /** Newest first, each with its steps. */
  async alerts(filter: { readonly limit: number; readonly fromMicros?: number }): Promise<StoredAlert[]> {
    const rows = await this.#database.read(
      `SELECT a.*, (SELECT coalesce(string_agg(step, ',' ORDER BY s.rowid), '') FROM alert_steps s WHERE s.id = a.id) AS steps
       FROM alerts a WHERE time_micros >= ? ORDER BY a.time_micros DESC, a.rowid DESC LIMIT ?`,
      [filter.fromMicros ?? 0, filter.limit],
    );
    return rows.map((row) => ({
      id: String(row['id']),
      timeMicros: Number(row['time_micros']),
      kind: String(row['kind']),
      severity: String(row['severity']) as StoredAlert['severity'],
      text: String(row['message']),
      ...(row['instrument'] === '' ? {} : { instrument: String(row['instrument']) }),
      ...(row['strategy'] === '' ? {} : { strategy: String(row['strategy']) }),
      steps: row['steps'] === '' ? [] : (String(row['steps']).split(',') as AlertStepName[]),
    }));
  }

  async #bodies<T>(table: string, filter: RowFilter): Promise<T[]> {
    return (await this.#rows(table, filter)).map((row) => parsed<T>(row));
  }

  #rows(
    from: string,
    filter: RowFilter,
    equals: readonly (readonly [string, string])[] = [],
  ): Promise<Row[]> {
    const { instrument, strategy, fromMicros, toMicros, beforeSeq, limit } = filter;
    const wanted = equals.map(([name, value]): [string, SqlValue] => [`${name} = ?`, value]);
    if (instrument !== undefined) wanted.push(['instrument = ?', instrument]);
    if (strategy !== undefined) wanted.push(['strategy = ?', strategy]);
    if (fromMicros !== undefined) wanted.push(['time_micros >= ?', fromMicros]);
    if (toMicros !== undefined) wanted.push(['time_micros < ?', toMicros]);
    if (beforeSeq !== undefined) wanted.push(['seq < ?', beforeSeq]);
    const where = wanted.length === 0 ? '' : `WHERE ${wanted.map(([clause]) => clause).join(' AND ')}`;
    const order = from.startsWith('(') ? 'seq DESC' : 'seq DESC, rowid DESC';
    return this.#database.read(`SELECT body FROM ${from} ${where} ORDER BY ${order} LIMIT ?`, [
      ...wanted.map(([, value]) => value),
      Math.min(limit, ROWS_MAX),
    ]);
  }
}

/** Written by `append` alone. */
function parsed<T>(row: Row): T {
  return JSON.parse(String(row['body'])) as T;
}

function equityPoint(row: Row): EquityPoint {
  // Decimals as texts, as `append` wrote them.
  const { seq, time_micros: timeMicros, ...rest } = row;
  return {
    seq: Number(seq),
    timeMicros: Number(timeMicros),
    cash: rest['cash'],
    equity: rest['equity'],
    realizedPnl: rest['realized_pnl'],
    unrealizedPnl: rest['unrealized_pnl'],
    fees: rest['fees'],
    exposure: rest['exposure'],
  } as EquityPoint;
}
