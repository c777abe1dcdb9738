import type { Database, Row, SqlValue, Transaction } from '@tickwright/database';
import type { CoverageRow, InstrumentRow } from '@tickwright/market';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { TICK_SCHEMA_VERSION } from './tick-schema.ts';

/** A tick file that cannot be used as it is: another version, or two states that contradict each other. */
export class TickFileError extends TickwrightError {
  constructor(message: string, options: { code: string; canRetry?: boolean; cause?: unknown }) {
    super(message, { ...options, exitCode: ExitCode.store });
  }
}

/** How far a tick file is. */
export interface TickState {
  /** Journal offset up to which, exclusive, ticks are applied. */
  readonly appliedOffset: number;
  /** Journal offset up to which, exclusive, ticks were sealed when this file was begun: it holds those from here on. */
  readonly sealedOffset: number;
  readonly receiveMicros: number;
}

/** What a restart needs before the ticks. */
export interface LoadedState {
  readonly appliedOffset: number;
  /** In order of their numbers. */
  readonly instruments: InstrumentRow[];
  /** The newest row of each instrument. */
  readonly coverage: CoverageRow[];
  /** The coverage stands as of this offset: ticks with this offset or a later one are not in it. */
  readonly coverageOffset: number;
}

/** The state that was committed last. */
export async function readState(database: Database): Promise<TickState> {
  const [row] = await database.read(
    `SELECT applied_offset, sealed_offset, receive_time, schema_version FROM state
     ORDER BY applied_offset DESC, schema_version DESC LIMIT 1`,
  );
  const version = row?.['schema_version'];
  if (row === undefined || version !== TICK_SCHEMA_VERSION) {
    throw new TickFileError(
      `${database.path} has tables of version ${String(version)}, expected ${TICK_SCHEMA_VERSION}: use the release that wrote it, or set it aside and rebuild from the journal`,
      { code: 'tick-file-version' },
    );
  }
  return {
    appliedOffset: Number(row['applied_offset']),
    sealedOffset: Number(row['sealed_offset']),
    receiveMicros: Number(row['receive_time']),
  };
}

export async function writeState(tx: Transaction, state: TickState): Promise<void> {
  await tx.run('INSERT INTO state VALUES (?, make_timestamp(?), ?, ?)', [
    state.appliedOffset,
    state.receiveMicros,
    state.sealedOffset,
    TICK_SCHEMA_VERSION,
  ]);
}

export async function readInstruments(database: Database): Promise<InstrumentRow[]> {
  const rows = await database.read('SELECT * FROM instruments ORDER BY number');
  rows.forEach((row, index) => {
    if (row['number'] === index) return;
    throw new TickFileError(
      `${database.path} lacks the instrument of number ${index}: set it aside and rebuild it`,
      {
        code: 'tick-file-instruments',
      },
    );
  });
  return rows.map((row) => ({
    key: String(row['key']),
    venueSymbol: String(row['venue_symbol']),
    priceDecimals: Number(row['price_decimals']),
    quantityDecimals: Number(row['quantity_decimals']),
    calendar: String(row['calendar']),
  }));
}

/** Appends instruments whose numbers begin at `firstNumber`. */
export async function writeInstruments(
  tx: Transaction,
  rows: readonly InstrumentRow[],
  firstNumber: number,
): Promise<void> {
  if (rows.length === 0) return;
  await tx.append(
    'instruments',
    [
      { type: 'int32', values: Int32Array.from(rows, (_, index) => firstNumber + index) },
      { type: 'varchar', values: rows.map((row) => row.key) },
      { type: 'varchar', values: rows.map((row) => row.venueSymbol) },
      { type: 'int32', values: Int32Array.from(rows, (row) => row.priceDecimals) },
      { type: 'int32', values: Int32Array.from(rows, (row) => row.quantityDecimals) },
      { type: 'varchar', values: rows.map((row) => row.calendar) },
    ],
    rows.length,
  );
}

/** The newest coverage of each instrument, and the offset that all of it together stands for. */
export async function readCoverage(
  database: Database,
): Promise<Pick<LoadedState, 'coverage' | 'coverageOffset'>> {
  const rows = await database.read(
    `SELECT * FROM coverage QUALIFY taken_at = max(taken_at) OVER (PARTITION BY instrument) ORDER BY instrument, id_space`,
  );
  // An instrument that is not among the newest rows had no tick since its own: its row stands for the newest offset too.
  const takenAt = rows.map((row) => Number(row['taken_at']));
  const coverageOffset = takenAt.reduce((newest, offset) => Math.max(newest, offset), -1);
  if (coverageOffset >= 0) return { coverage: rows.map(coverageOf), coverageOffset };
  return { coverage: [], coverageOffset: (await readState(database)).sealedOffset };
}

// Lists travel as text in one statement: binding them value by value costs three times as much.
export async function writeCoverage(
  tx: Transaction,
  rows: readonly CoverageRow[],
  takenAt: number,
): Promise<void> {
  if (rows.length === 0) return;
  const listed = (values: readonly number[]): string => `[${values.join(', ')}]`;
  const column = (value: (row: CoverageRow) => SqlValue): SqlValue[] => rows.map(value);
  await tx.run(
    `INSERT INTO coverage SELECT ?, instrument, id_space, ranges::BIGINT[],
       CASE WHEN last_event < 0 THEN NULL ELSE make_timestamp(last_event) END,
       CASE WHEN last_receive < 0 THEN NULL ELSE make_timestamp(last_receive) END,
       volume, session_date, memory::DOUBLE[]
     FROM (SELECT unnest(?::VARCHAR[]) AS instrument, unnest(?::UTINYINT[]) AS id_space, unnest(?::VARCHAR[]) AS ranges,
       unnest(?::BIGINT[]) AS last_event, unnest(?::BIGINT[]) AS last_receive, unnest(?::DOUBLE[]) AS volume,
       unnest(?::VARCHAR[]) AS session_date, unnest(?::VARCHAR[]) AS memory)`,
    [
      takenAt,
      column((row) => row.instrument),
      column((row) => row.idSpace),
      column((row) => listed(row.ranges)),
      column((row) => row.lastEventMicros),
      column((row) => row.lastReceiveMicros),
      column((row) => row.lastCumulativeVolume),
      column((row) => row.sessionDate),
      column((row) => listed(row.memory)),
    ],
  );
}

function coverageOf(row: Row): CoverageRow {
  return {
    instrument: String(row['instrument']),
    idSpace: Number(row['id_space']),
    ranges: numbersIn(row['ranges']),
    lastEventMicros: Number(row['last_event_time'] ?? -1),
    lastReceiveMicros: Number(row['last_receive_time'] ?? -1),
    lastCumulativeVolume: Number(row['last_cumulative_volume']),
    sessionDate: String(row['session_date']),
    memory: numbersIn(row['memory']),
  };
}

function numbersIn(value: SqlValue | undefined): number[] {
  return Array.isArray(value) ? value.map(Number) : [];
}
