import { CommitInDoubtError, openReopeningDatabase } from '@tickwright/database';
import type { Database, DatabaseLockedError, Transaction } from '@tickwright/database';
import type { Clock, Log } from '@tickwright/runtime';
import type { EngineState, JsonValue } from '@tickwright/trading';
import type { AlertRow, AlertStep, LedgerEntry } from './ledger-entry.ts';
import { LedgerSequenceError } from './ledger-errors.ts';
import { LedgerQueries } from './ledger-queries.ts';
import { holdLimits } from './ledger-retention.ts';
import type { LedgerLimits, LedgerUse } from './ledger-retention.ts';
import { prepareSchema } from './ledger-schema.ts';
import { appendRows } from './ledger-table.ts';
import { tables } from './ledger-tables.ts';
import type { Caused } from './ledger-tables.ts';

export interface LedgerOptions {
  readonly path: string;
  readonly limits: LedgerLimits;
  readonly log: Log;
  readonly clock: Clock;
  /** As of `openReopeningDatabase`: another process writes it, end this one. */
  readonly onTaken?: (error: DatabaseLockedError) => void;
}

/** What was told longer ago than so many alerts may be told again. */
const ALERT_IDS_KNOWN = 100_000;
const HELD_LATELY_MS = 600_000;
/** Its statements are small; reads of the API must not take the memory of what is stored beside it. */
const MEMORY = '512MB';

/**
 * The paper ledger: every event the engine has consumed and all that it caused, append-only, in the order of the events'
 * numbers. One owner; the events of an `append` are stored in one transaction.
 */
export class Ledger implements AsyncDisposable {
  /** What is stored, for people: never waits for appends. */
  readonly queries: LedgerQueries;
  readonly database: Database;
  readonly #options: LedgerOptions;
  #lastSeq: number;
  #lastTimeMicros: number;
  #alertIds: Set<string>;
  #closed: Promise<void> | undefined;
  #heldMs: number;

  private constructor(
    options: LedgerOptions,
    opened: { database: Database; lastSeq: number; lastTimeMicros: number; alertIds: Set<string> },
  ) {
    this.#options = options;
    this.database = opened.database;
    this.queries = new LedgerQueries(opened.database);
    this.#lastSeq = opened.lastSeq;
    this.#lastTimeMicros = opened.lastTimeMicros;
    this.#alertIds = opened.alertIds;
    this.#heldMs = options.clock.monotonicMs();
  }

  /** Opens or makes one. Errors: as `openDatabase` (held by another process, damaged), LedgerVersionError. */
  static async open(options: LedgerOptions): Promise<Ledger> {
    const database = await openReopeningDatabase({
      path: options.path,
      owner: 'paper ledger',
      memoryLimit: MEMORY,
      log: options.log,
      clock: options.clock,
      ...(options.onTaken === undefined ? {} : { onTaken: options.onTaken }),
    });
    try {
      await prepareSchema(database);
      const [row] = await database.read(
        'SELECT coalesce(max(seq), 0) AS seq, coalesce(max(time_micros), 0) AS time FROM events',
      );
      const ids = await database.read(
        `SELECT id FROM alerts ORDER BY time_micros DESC LIMIT ${ALERT_IDS_KNOWN}`,
      );
      return new Ledger(options, {
        database,
        lastSeq: Number(row?.['seq']),
        lastTimeMicros: Number(row?.['time']),
        alertIds: new Set(ids.map(({ id }) => String(id))),
      });
    } catch (error) {
      await database.close();
      throw error;
    }
  }

  /** Number of the newest event stored; 0: none. */
  get lastSeq(): number {
    return this.#lastSeq;
  }

  /** Its time; 0: none. */
  get lastTimeMicros(): number {
    return this.#lastTimeMicros;
  }

  /** The engine's state as of the newest event: the newest value of every key. */
  async state(): Promise<EngineState> {
    const found: Record<string, JsonValue> = {};
    const sql = 'SELECT state_key AS key, arg_max(value, rowid) AS value FROM state GROUP BY 1 ORDER BY 1';
    for await (const rows of this.database.stream(sql)) {
      for (const { key, value } of rows) {
        // Written by `append` alone.
        const parsed = JSON.parse(String(value)) as JsonValue;
        if (parsed !== null) found[String(key)] = parsed;
      }
    }
    return found;
  }

  /**
   * Stores entries whose events follow on the newest stored, all or none. When COMMIT is in doubt, what is stored decides.
   * Errors: LedgerSequenceError, and those of the database, after which the same entries can be appended again.
   */
  async append(entries: readonly LedgerEntry[]): Promise<void> {
    const last = entries.at(-1);
    if (last === undefined) return;
    // A replay's ledger begins with the event that its run began with.
    const before = this.#lastSeq === 0 ? (entries[0]?.event.seq ?? 1) - 1 : this.#lastSeq;
    for (const [at, { event }] of entries.entries()) {
      const expected = before + 1 + at;
      if (event.seq !== expected) throw new LedgerSequenceError(this.database.path, expected, event.seq);
    }
    const alerts = this.#newAlerts(entries.flatMap((entry) => entry.alerts ?? []));
    await this.#commit(last.event.seq, (tx) => appendEntries(tx, entries, alerts));
    this.#lastSeq = last.event.seq;
    this.#lastTimeMicros = Math.max(this.#lastTimeMicros, last.event.timeMicros);
    for (const { id } of alerts) this.#alertIds.add(id);
  }

  /**
   * Stores alerts that no event caused: of the process around the engine. One of the same id is stored once. Errors: those
   * of the database, after which the same rows can be appended again.
   */
  async appendAlerts(rows: readonly AlertRow[]): Promise<void> {
    const alerts = this.#newAlerts(rows);
    if (alerts.length === 0) return;
    try {
      await this.database.write((tx) => appendRows(tx, tables.alerts, alerts));
    } catch (error) {
      if (!(error instanceof CommitInDoubtError && (await this.#hasAlert(alerts[0].id)))) throw error;
    }
    for (const { id } of alerts) this.#alertIds.add(id);
  }

  async appendAlertSteps(steps: readonly AlertStep[]): Promise<void> {
    await this.database.write((tx) => appendRows(tx, tables.alertSteps, steps));
  }

  /** Removes what is older than the limits allow. */
  async holdLimits(): Promise<LedgerUse> {
    this.#heldMs = this.#options.clock.monotonicMs();
    const use = await holdLimits(this.database, this.#options.limits, this.#options.clock.nowMicros());
    if (use.removedEvents > 0) this.#options.log.info({ ...use }, 'removed old events of the ledger');
    return use;
  }

  /** Holds the limits, then closes the file. Idempotent. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    const { clock } = this.#options;
    try {
      // A run that has just held them, or has hardly begun, ends at once.
      if (clock.monotonicMs() - this.#heldMs > HELD_LATELY_MS) await this.holdLimits();
    } catch (error) {
      // A full disk, say: what is stored is stored, and the next run holds them.
      this.#options.log.warn({ error }, 'limits of the ledger could not be held at the end');
    }
    await this.database.close();
  }

  async #commit(seq: number, work: (tx: Transaction) => Promise<void>): Promise<void> {
    try {
      await this.database.write(work);
    } catch (error) {
      if (error instanceof CommitInDoubtError && (await this.#storedSeq()) >= seq) return;
      throw error;
    }
  }

  async #storedSeq(): Promise<number> {
    const [row] = await this.database.read('SELECT coalesce(max(seq), 0) AS seq FROM events');
    return Number(row?.['seq']);
  }

  async #hasAlert(id: string): Promise<boolean> {
    const rows = await this.database.read('SELECT 1 AS found FROM alerts WHERE id = ?', [id]);
    return rows.length > 0;
  }

  #newAlerts(rows: readonly AlertRow[]): AlertRow[] {
    const byId = new Map(rows.map((row) => [row.id, row]));
    return [...byId.values()].filter(({ id }) => !this.#alertIds.has(id));
  }
}

async function appendEntries(
  tx: Transaction,
  entries: readonly LedgerEntry[],
  alerts: readonly AlertRow[],
): Promise<void> {
  const outputs = entries.map(({ output }) => output);
  const caused = <T>(values: (at: (typeof outputs)[number]) => readonly T[]): Caused<T>[] =>
    outputs.flatMap((output) =>
      values(output).map((value) => ({ seq: output.seq, timeMicros: output.timeMicros, value })),
    );
  await appendRows(
    tx,
    tables.events,
    entries.map(({ event }) => event),
  );
  await appendRows(
    tx,
    tables.runs,
    entries.flatMap(({ run }) => run ?? []),
  );
  await appendRows(
    tx,
    tables.consumed,
    caused((output) => output.consumed),
  );
  await appendRows(
    tx,
    tables.signals,
    outputs.flatMap((output) => output.signals),
  );
  await appendRows(
    tx,
    tables.suppressed,
    outputs.flatMap((output) => output.suppressed),
  );
  await appendRows(
    tx,
    tables.orders,
    outputs.flatMap((output) => output.orders),
  );
  await appendRows(
    tx,
    tables.fills,
    outputs.flatMap((output) => output.fills),
  );
  await appendRows(
    tx,
    tables.trades,
    outputs.flatMap((output) => output.closedTrades),
  );
  await appendRows(
    tx,
    tables.accounts,
    caused((output) => (output.account === null ? [] : [output.account])),
  );
  await appendRows(
    tx,
    tables.equity,
    outputs.flatMap((output) => output.equity ?? []),
  );
  await appendRows(
    tx,
    tables.strategies,
    caused((output) => output.strategies),
  );
  await appendRows(
    tx,
    tables.notices,
    caused((output) => output.notices),
  );
  await appendRows(
    tx,
    tables.state,
    caused((output) => output.state),
  );
  await appendRows(tx, tables.alerts, alerts);
}
