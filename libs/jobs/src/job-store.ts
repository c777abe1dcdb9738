import { CommitInDoubtError } from '@tickwright/database';
import type { Database } from '@tickwright/database';
import type { JobEvent, RecordedEvent } from './job-event.ts';
import type { JobId, RunId } from './job.ts';

const COLUMNS =
  'sequence BIGINT NOT NULL, at_micros BIGINT NOT NULL, run VARCHAR NOT NULL, job VARCHAR NOT NULL, body VARCHAR NOT NULL';

/** An event with the run it belongs to, by which it is kept or forgotten. */
export interface StoredEvent extends RecordedEvent {
  readonly run: RunId;
}

/** The events in a database, whose owner closes it. Append-only; what is forgotten goes when the table is written anew. */
export class JobStore {
  readonly #database: Database;

  private constructor(database: Database) {
    this.#database = database;
  }

  static async open(database: Database): Promise<JobStore> {
    const [found] = await database.read(`SELECT 1 FROM duckdb_tables() WHERE table_name = 'job_events'`);
    if (found === undefined) {
      await database.write((tx) => tx.run(`CREATE TABLE IF NOT EXISTS job_events(${COLUMNS})`));
      // A table made in a log that a crash leaves behind is what corruption reports are about.
      await database.checkpoint();
    }
    return new JobStore(database);
  }

  /** All or none; when COMMIT is in doubt, what is stored decides. */
  async append(events: readonly StoredEvent[]): Promise<void> {
    const whole = (value: (event: StoredEvent) => number) =>
      ({ type: 'int64', values: Float64Array.from(events, value) }) as const;
    const text = (value: (event: StoredEvent) => string) =>
      ({ type: 'varchar', values: events.map(value) }) as const;
    const columns = [
      whole((each) => each.sequence),
      whole((each) => each.atMicros),
      text((each) => each.run),
      text((each) => ('job' in each.event ? each.event.job : '')),
      text((each) => JSON.stringify(each.event)),
    ];
    try {
      await this.#database.write((tx) => tx.append('job_events', columns, events.length));
    } catch (error) {
      const last = events.at(-1)?.sequence ?? 0;
      if (error instanceof CommitInDoubtError && (await this.lastSequence()) >= last) return;
      throw error;
    }
  }

  async lastSequence(): Promise<number> {
    const [row] = await this.#database.read('SELECT coalesce(max(sequence), 0) AS last FROM job_events');
    return Number(row?.['last'] ?? 0);
  }

  /** All events, in order. */
  async *load(): AsyncGenerator<RecordedEvent> {
    const sql = 'SELECT sequence, at_micros, body FROM job_events ORDER BY sequence';
    for await (const rows of this.#database.stream(sql)) {
      for (const row of rows) {
        yield {
          sequence: Number(row['sequence']),
          atMicros: Number(row['at_micros']),
          // Written by `append` alone.
          event: JSON.parse(String(row['body'])) as JobEvent,
        };
      }
    }
  }

  /**
   * Writes the table anew without the events of these runs and, but for leased jobs, without renewals of leases: a DELETE
   * would not shrink the file.
   */
  async forget(options: { runs: readonly RunId[]; leased: readonly JobId[] }): Promise<void> {
    const { runs, leased } = options;
    await this.#database.write(async (tx) => {
      await tx.run(`CREATE TABLE job_events_kept(${COLUMNS})`);
      await tx.run(
        `INSERT INTO job_events_kept SELECT * FROM job_events
         WHERE NOT list_contains(?::VARCHAR[], run)
           AND (json_extract_string(body, '$.type') <> 'renewed' OR list_contains(?::VARCHAR[], job))
         ORDER BY sequence`,
        [[...runs], [...leased]],
      );
      await tx.run('DROP TABLE job_events');
      await tx.run('ALTER TABLE job_events_kept RENAME TO job_events');
    });
    await this.#database.checkpoint();
  }
}
