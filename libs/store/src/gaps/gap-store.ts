import { join } from 'node:path';
import type { Database, Row, Transaction } from '@tickwright/database';
import type { Gap, GapCause, GapState } from '@tickwright/market';
import type { Clock } from '@tickwright/runtime';
import { writeAnchor } from '../files/anchor.ts';
import { replaceByRename, syncFile } from '../files/atomic-file.ts';
import { sqlText } from '../ticks/tick-source.ts';

export interface GapStoreOptions {
  /** The open `state.duckdb`, which others use too: its owner closes it. */
  readonly database: Database;
  readonly dataDir: string;
  readonly clock: Clock;
  /** Filled gaps that were opened longer ago are forgotten at close; `FILLED_KEPT_DAYS` unless told. */
  readonly filledKeptDays?: number;
}

/** The part of the anchor of `state.duckdb` that tells how many times gaps were appended. */
export const GAP_ANCHOR = 'gaps';

/** How long filled gaps are kept. Open and unfillable ones are kept for good: they say what is missing. */
export const FILLED_KEPT_DAYS = 30;

const DAY_MICROS = 86_400_000_000;

const TABLE = `CREATE TABLE IF NOT EXISTS gaps(
  id VARCHAR NOT NULL, instrument VARCHAR NOT NULL, from_micros BIGINT NOT NULL, to_micros BIGINT NOT NULL,
  from_id BIGINT NOT NULL, to_id BIGINT NOT NULL, cause VARCHAR NOT NULL, state VARCHAR NOT NULL, reason VARCHAR NOT NULL,
  opened_offset BIGINT NOT NULL, version BIGINT NOT NULL, opened_micros BIGINT NOT NULL, written BIGINT NOT NULL)`;

// Of versions made at one offset the one that was written last stands.
const NEWEST = 'QUALIFY row_number() OVER (PARTITION BY id ORDER BY version DESC, written DESC) = 1';

// People read this one: times as times, what is not known as NULL.
const PUBLISHED = `SELECT id, instrument, make_timestamp(from_micros) AS from_time,
    CASE WHEN to_micros >= 0 THEN make_timestamp(to_micros) END AS to_time, nullif(from_id, -1) AS from_id,
    nullif(to_id, -1) AS to_id, cause, state, nullif(reason, '') AS reason, opened_offset, version,
    make_timestamp(opened_micros) AS opened_time
  FROM (SELECT * FROM gaps ${NEWEST}) ORDER BY instrument, from_micros, id`;

/** Opens the ledger of gaps in `state.duckdb`. */
export async function openGapStore(options: GapStoreOptions): Promise<GapStore> {
  const [found] = await options.database.read(`SELECT 1 FROM duckdb_tables() WHERE table_name = 'gaps'`);
  if (found === undefined) {
    await options.database.write((tx) => tx.run(TABLE));
    // A table made in a log that a crash leaves behind is what corruption reports are about.
    await options.database.checkpoint();
  }
  const [row] = await options.database.read('SELECT coalesce(max(written), 0) AS written FROM gaps');
  return new GapStore(options, Number(row['written']));
}

/** Gaps as append-only versions: the newest version of an id stands. */
export class GapStore implements AsyncDisposable {
  readonly #options: GapStoreOptions;
  #written: number;
  #closed: Promise<void> | undefined;

  /** For `openGapStore`. */
  constructor(options: GapStoreOptions, written: number) {
    this.#options = options;
    this.#written = written;
  }

  /** Stores versions of gaps, all or none. Storing one again changes nothing. */
  async append(gaps: readonly Gap[]): Promise<void> {
    if (gaps.length === 0) return;
    this.#written += 1;
    const written = this.#written;
    await this.#options.database.write((tx) => appendGaps(tx, gaps, written));
    await this.#anchor(written);
  }

  /** How many times gaps were appended, as the anchor tells it. */
  get written(): number {
    return this.#written;
  }

  /** The gaps as they stood when the journal up to `asOf`, exclusive, was applied; as they stand now without it. */
  async load(options: { readonly asOf?: number } = {}): Promise<Gap[]> {
    const where = options.asOf === undefined ? '' : 'WHERE version < ?';
    const params = options.asOf === undefined ? [] : [options.asOf];
    const sql = `SELECT * FROM (SELECT * FROM gaps ${where} ${NEWEST}) ORDER BY opened_offset, id`;
    return (await this.#options.database.read(sql, params)).map(gapOf);
  }

  /** The gaps as they stand, in one state or all, by instrument and time. */
  async list(options: { readonly state?: GapState } = {}): Promise<Gap[]> {
    const sql = `SELECT * FROM (SELECT * FROM gaps ${NEWEST}) WHERE ? IN ('', state) ORDER BY instrument, from_micros, id`;
    return (await this.#options.database.read(sql, [options.state ?? ''])).map(gapOf);
  }

  /** Writes the gaps as they stand to a Parquet file, `gaps.parquet` unless told, replaced as a whole. */
  async publish(path = join(this.#options.dataDir, 'gaps.parquet')): Promise<void> {
    const temporary = `${path}.tmp`;
    await this.#options.database.read(`COPY (${PUBLISHED}) TO ${sqlText(temporary)} (FORMAT parquet)`);
    await syncFile(temporary);
    await replaceByRename({ from: temporary, to: path, clock: this.#options.clock });
  }

  /** Forgets filled gaps and superseded versions that are old. The database stays open. Idempotent. */
  close(): Promise<void> {
    this.#closed ??= this.#compact();
    return this.#closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.close();
  }

  // DELETE does not shrink a file and is best avoided; a table that is written anew and takes the old one's place does.
  async #compact(): Promise<void> {
    const { database, clock } = this.#options;
    const keptFrom = clock.nowMicros() - (this.#options.filledKeptDays ?? FILLED_KEPT_DAYS) * DAY_MICROS;
    const isNewest = 'row_number() OVER (PARTITION BY id ORDER BY version DESC, written DESC) = 1';
    const kept = `SELECT * FROM gaps QUALIFY opened_micros >= ${keptFrom} OR (state <> 'filled' AND ${isNewest})`;
    const [row] = await database.read(
      `SELECT (SELECT count(*) FROM gaps) - (SELECT count(*) FROM (${kept})) AS surplus`,
    );
    if (row['surplus'] === 0) return;
    await database.write(async (tx) => {
      await tx.run(TABLE.replace('IF NOT EXISTS gaps(', 'gaps_kept('));
      await tx.run(`INSERT INTO gaps_kept ${kept}`);
      await tx.run('DROP TABLE gaps');
      await tx.run('ALTER TABLE gaps_kept RENAME TO gaps');
    });
    await database.checkpoint();
    const [left] = await database.read('SELECT coalesce(max(written), 0) AS written FROM gaps');
    await this.#anchor(Number(left['written']));
  }

  #anchor(written: number): Promise<void> {
    const { database, clock } = this.#options;
    return writeAnchor({ database: database.path, part: GAP_ANCHOR, anchor: { written }, clock });
  }
}

function appendGaps(tx: Transaction, gaps: readonly Gap[], written: number): Promise<void> {
  const whole = (value: (gap: Gap) => number) =>
    ({ type: 'int64', values: Float64Array.from(gaps, value) }) as const;
  const text = (value: (gap: Gap) => string) => ({ type: 'varchar', values: gaps.map(value) }) as const;
  return tx.append(
    'gaps',
    [
      text((gap) => gap.id),
      text((gap) => gap.instrument),
      whole((gap) => gap.fromMicros),
      whole((gap) => gap.toMicros),
      whole((gap) => gap.fromId),
      whole((gap) => gap.toId),
      text((gap) => gap.cause),
      text((gap) => gap.state),
      text((gap) => gap.reason ?? ''),
      whole((gap) => gap.openedOffset),
      whole((gap) => gap.version),
      whole((gap) => gap.openedMicros),
      whole(() => written),
    ],
    gaps.length,
  );
}

function gapOf(row: Row): Gap {
  const reason = String(row['reason']);
  return {
    id: String(row['id']),
    instrument: String(row['instrument']),
    fromMicros: Number(row['from_micros']),
    toMicros: Number(row['to_micros']),
    fromId: Number(row['from_id']),
    toId: Number(row['to_id']),
    // Written by `append` alone, from values of these types.
    cause: String(row['cause']) as GapCause,
    state: String(row['state']) as GapState,
    ...(reason === '' ? {} : { reason }),
    openedOffset: Number(row['opened_offset']),
    version: Number(row['version']),
    openedMicros: Number(row['opened_micros']),
  };
}
