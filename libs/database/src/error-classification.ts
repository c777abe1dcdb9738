import { TickwrightError } from '@tickwright/runtime';
import {
  DatabaseDamagedError,
  DatabaseFullError,
  DatabaseInvalidError,
  DatabaseLockedError,
  DatabaseMemoryError,
  DatabaseOpenError,
  DatabaseQueryError,
} from './errors.ts';
import { countLockConflict } from './lock-conflicts.ts';

const SQL_SHOWN_MAX = 200;
const FOUND_SHOWN_MAX = 400;

// The engine tells its errors apart by their text only. This file is the one place that reads it.
const LOCKED = /could not set lock on file/i;
const PID = /\(PID (\d+)\)/;
// `The database has been invalidated because of a previous fatal error`, `Database "x" has been invalidated because
// checkpointing failed` for an attached one: closing all and opening it again mends either.
const FATAL = /^FATAL|database (?:"[^"]*" )?has been invalidated/i;
const DAMAGED =
  /corrupt|could not read enough bytes|wal checkpoint iteration|failure while replaying wal|not a valid duckdb database file|checksum|serialization error|wal file .* (?:does not match|belongs)/i;
const FULL = /no space left|disk is full|disk full|file too large|disk quota/i;
const MEMORY = /out of memory|failed to offload|max_temp_directory_size/i;
const INTERRUPTED = /^INTERRUPT|interrupted!/i;

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** The first lines of an engine's message, without the stack and the dump that some have. */
export function foundIn(error: unknown): string {
  const text = messageOf(error).replace(/\s+/g, ' ').trim();
  return text.length > FOUND_SHOWN_MAX ? `${text.slice(0, FOUND_SHOWN_MAX)}…` : text;
}

/** A statement as shown in a message: one line, bounded. */
export function shownSql(sql: string): string {
  const text = sql.replace(/\s+/g, ' ').trim();
  return text.length > SQL_SHOWN_MAX ? `${text.slice(0, SQL_SHOWN_MAX)}…` : text;
}

/** Whether the engine stopped a statement because it was interrupted. */
export function isInterrupt(error: unknown): boolean {
  return INTERRUPTED.test(messageOf(error));
}

/** What an engine's error means, whatever was being done. Undefined when it says nothing about the file or the machine. */
function environmentError(path: string, error: unknown): TickwrightError | undefined {
  const text = messageOf(error);
  const details = { path, cause: error, found: foundIn(error) };
  if (LOCKED.test(text)) {
    countLockConflict();
    return new DatabaseLockedError({ ...details, pid: Number(PID.exec(text)?.[1] ?? -1) });
  }
  if (FATAL.test(text)) return new DatabaseInvalidError(details);
  if (FULL.test(text)) return new DatabaseFullError(details);
  if (MEMORY.test(text)) return new DatabaseMemoryError(details);
  if (DAMAGED.test(text)) return new DatabaseDamagedError(details);
  return undefined;
}

/** The class of an error met while opening. */
export function classifyOpening(path: string, error: unknown): TickwrightError {
  if (error instanceof TickwrightError) return error;
  return (
    environmentError(path, error) ?? new DatabaseOpenError({ path, cause: error, found: foundIn(error) })
  );
}

/** The class of an error met while running a statement. */
export function classifyQuery(path: string, sql: string, error: unknown): TickwrightError {
  if (error instanceof TickwrightError) return error;
  return (
    environmentError(path, error) ??
    new DatabaseQueryError({ path, sql: shownSql(sql), cause: error, found: foundIn(error) })
  );
}
