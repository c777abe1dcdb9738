import type { TickwrightError } from '@tickwright/runtime';
import { classifyOpening, classifyQuery } from './error-classification.ts';
import { DatabaseDamagedError } from './errors.ts';
import { runTrial } from './trial-process.ts';

/** A row as it travels from the child process: numbers beyond 2^53 and times are texts. */
export type TrialRow = Readonly<Record<string, unknown>>;

// Read-only: a log is replayed in memory, and the files stay as they are. Each database's answer is a line of its own, so
// that a crash tells which one it was; after an opening that failed the process is not used again.
const SCRIPT = `
const { DuckDBInstance } = require(process.argv[1]);
const trials = JSON.parse(process.argv[2]);
const quote = (name) => '"' + name.replaceAll('"', '""') + '"';
const SUM = (table) => 'SELECT count(*)::DOUBLE AS "rows", coalesce(bit_xor(hash(t)), 0)::VARCHAR AS hash FROM ' + table + ' t';
const tell = (answer) => new Promise((done) => process.stdout.write(JSON.stringify(answer) + '\\n', done));
async function answer({ path, statements, isSummed }) {
  const options = { access_mode: path === ':memory:' ? 'AUTOMATIC' : 'READ_ONLY', threads: '2', memory_limit: '1GB',
    autoinstall_known_extensions: 'false', autoload_known_extensions: 'false' };
  const instance = await DuckDBInstance.create(path, options);
  const connection = await instance.connect();
  const run = async (sql) => {
    try {
      return { rows: (await connection.runAndReadAll(sql)).getRowObjectsJson() };
    } catch (error) {
      return { error: String(error.message) };
    }
  };
  const results = [];
  for (const sql of statements) results.push(await run(sql));
  const sums = [];
  const tables = isSummed ? await run('SELECT table_name AS name FROM duckdb_tables() ORDER BY 1') : { rows: [] };
  if (tables.error) sums.push({ table: '', ...tables });
  else for (const { name } of tables.rows) sums.push({ table: name, ...(await run(SUM(quote(name)))) });
  connection.closeSync();
  instance.closeSync();
  return { results, sums };
}
(async () => {
  for (const trial of trials) {
    try {
      await tell(await answer(trial));
    } catch (error) {
      await tell({ failed: String(error.message) });
      break;
    }
  }
  process.exit(0);
})();`;

export interface TrialOptions {
  /** The file, or `:memory:` for statements that name files of their own. */
  readonly path: string;
  readonly statements: readonly string[];
  /** Reads every row of every table. */
  readonly isSummed?: boolean;
}

/** What a statement gave, or why it failed. */
export type TrialResult = { readonly rows: readonly TrialRow[] } | { readonly error: TickwrightError };

/** Rows and content of one table. */
export interface TableSum {
  readonly table: string;
  readonly rows: number;
  /** Of all values of all rows, in no order. */
  readonly hash: string;
}

/** How the trial of one database ended. */
export type Trial =
  | { readonly results: readonly TrialResult[]; readonly sums: readonly TableSum[] }
  /** It could not be opened, or not be read whole, or the engine crashed over it. */
  | { readonly error: TickwrightError };

type Told =
  | { readonly failed: string }
  | {
      readonly results: readonly TrialTold[];
      readonly sums: readonly (TrialTold & { readonly table: string })[];
    };
type TrialTold = { readonly rows: readonly TrialRow[] } | { readonly error: string };

/**
 * Opens databases with their logs read-only in a child process and runs statements there, so that a crash of the engine
 * is a finding and not an outage. A failed statement is a result; a crash or a passed deadline is a DatabaseDamagedError
 * of the one that it happened over.
 */
export async function tryDatabases(trials: readonly TrialOptions[], deadlineMs?: number): Promise<Trial[]> {
  const done: Trial[] = [];
  while (done.length < trials.length) {
    const left = trials.slice(done.length);
    const { code, stdout, message } = await runTrial(SCRIPT, [JSON.stringify(left)], deadlineMs);
    const lines = stdout.split('\n').slice(0, -1);
    for (const [at, line] of lines.entries()) done.push(trialOf(left[at], JSON.parse(line) as Told));
    const next = trials[done.length];
    if (code === 0 && lines.length > 0) continue;
    if (next === undefined) break;
    const found = `reading it ended the trial process (${code}) ${message}`.trim();
    done.push({ error: new DatabaseDamagedError({ path: next.path, found }) });
  }
  return done;
}

function trialOf({ path, statements }: TrialOptions, told: Told): Trial {
  if ('failed' in told) return { error: classifyOpening(path, new Error(told.failed)) };
  const results = told.results.map((one, at) =>
    'rows' in one ? one : { error: classifyQuery(path, statements[at] ?? '', new Error(one.error)) },
  );
  const sums: TableSum[] = [];
  for (const one of told.sums) {
    if ('error' in one) return { error: classifyQuery(path, one.table, new Error(one.error)) };
    const [row] = one.rows;
    sums.push({ table: one.table, rows: Number(row?.['rows']), hash: String(row?.['hash']) });
  }
  return { results, sums };
}

// Replays the log and moves it into the file; exits without closing where that does not succeed.
const SETTLE = `
const { DuckDBInstance } = require(process.argv[1]);
(async () => {
  const instance = await DuckDBInstance.create(process.argv[2], { storage_compatibility_version: 'latest', threads: '2' });
  const connection = await instance.connect();
  await connection.run('CHECKPOINT');
  connection.closeSync();
  instance.closeSync();
  process.exit(0);
})().catch((error) => process.stderr.write(String(error.message), () => process.exit(1)));`;

/**
 * Brings the log beside a database into it, in a child process. Only for a database that nobody has open. Throws what
 * opening throws; a crash is a DatabaseDamagedError.
 */
export async function settleDatabase(path: string): Promise<void> {
  const { code, message } = await runTrial(SETTLE, [path]);
  if (code === 0) return;
  if (message === '')
    throw new DatabaseDamagedError({ path, found: `replaying its log ended the trial process (${code})` });
  throw classifyOpening(path, new Error(message));
}
