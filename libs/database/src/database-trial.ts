import type { TickwrightError } from '@tickwright/runtime';
import { classifyOpening, classifyQuery } from './error-classification.ts';
import { DatabaseDamagedError, DatabaseTrialError } from './errors.ts';
import { runTrials } from './trial-process.ts';
import type { TrialEnd } from './trial-process.ts';

/** A row as it travels from the child process: numbers beyond 2^53 and times are texts. */
export type TrialRow = Readonly<Record<string, unknown>>;

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
 * of the one that it happened over. Nobody has the files open when it resolves. Errors: DatabaseTrialError.
 */
export async function tryDatabases(trials: readonly TrialOptions[], deadlineMs?: number): Promise<Trial[]> {
  const done: Trial[] = [];
  while (done.length < trials.length) {
    const left = trials.slice(done.length);
    const end = await runTrials(left, deadlineMs);
    for (const [at, told] of end.answers.entries()) done.push(trialOf(left[at], told as Told));
    const next = trials[done.length];
    // A process ends by itself after an opening that failed: what is left is for another one.
    if (next === undefined || (end.code === 0 && end.answers.length > 0)) continue;
    done.push({ error: damageBy(end, next.path) });
  }
  return done;
}

/** Throws where the trial says nothing of the file. */
function damageBy({ code, message, isCrash }: TrialEnd, path: string): DatabaseDamagedError {
  const found = `the trial process ended (${code}) ${message}`.trim();
  if (!isCrash) throw new DatabaseTrialError({ path, found });
  return new DatabaseDamagedError({ path, found: `reading it, ${found}` });
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

/**
 * Brings the log beside a database into it, in a child process. Only for a database that nobody has open. Throws what
 * opening throws, and DatabaseTrialError; a crash is a DatabaseDamagedError.
 */
export async function settleDatabase(path: string): Promise<void> {
  const end = await runTrials([{ path, isSettling: true }]);
  const [told] = end.answers as Told[];
  if (told === undefined) throw damageBy(end, path);
  if ('failed' in told) throw classifyOpening(path, new Error(told.failed));
}
