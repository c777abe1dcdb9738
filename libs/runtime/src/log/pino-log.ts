import { createRequire } from 'node:module';
import { pino, stdTimeFunctions } from 'pino';
import type { Log } from './log.ts';
import type { LogFiles } from './log-files.ts';
import { redactText } from './redaction.ts';
import { stderrWriter } from './stderr-writer.ts';

export type LogLevel = 'debug' | 'info' | 'warn' | 'error' | 'silent';

export interface ProcessLog extends Log {
  /** A log whose lines all carry these fields. */
  child(fields: object): ProcessLog;
  /** Writes out what waits, at once. Call it before process.exit. */
  flush(): void;
}

export interface LogOptions {
  readonly level: LogLevel;
  /** Name of the process's role; a field of every line. */
  readonly name: string;
  /** For people's eyes, instead of one JSON object a line. Give true when stderr is a terminal. */
  readonly pretty?: boolean;
  /** Colours for `pretty`. Give false when the environment has NO_COLOR (no-color.org). */
  readonly color?: boolean;
  /** Takes whole lines. Default: stderr, never waited for. */
  readonly destination?: { write(line: string): void };
  /** Takes the same lines as JSON, whatever the destination's form. */
  readonly files?: LogFiles;
}

/**
 * A log on pino. Every line passes `redactText`. Writing never blocks the event loop: a reader of stderr that stops
 * reading must not stop the ingestion, so lines wait up to 4 MiB and are then dropped.
 */
export function createLog(options: LogOptions): ProcessLog {
  const { level, name, pretty = false, color = false } = options;
  const stderr = options.destination === undefined ? stderrWriter() : undefined;
  const shown = stderr ?? options.destination;
  const prettify = pretty
    ? loadPretty().prettyFactory({ colorize: color, ignore: 'pid,hostname' })
    : undefined;
  const logger = pino(
    {
      level,
      name,
      timestamp: stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      hooks: {
        streamWrite: redactText,
      },
    },
    {
      write: (line: string) => {
        options.files?.write(line);
        shown?.write(prettify === undefined ? line : (prettify(line) as string));
      },
    },
  );
  return wrap(logger, () => {
    stderr?.flush();
    options.files?.flushSync();
  });
}

function wrap(logger: pino.Logger, flush: () => void): ProcessLog {
  return {
    debug: (fields, message) => {
      logger.debug(fields, message);
    },
    info: (fields, message) => {
      logger.info(fields, message);
    },
    warn: (fields, message) => {
      logger.warn(fields, message);
    },
    error: (fields, message) => {
      logger.error(fields, message);
    },
    child: (fields) => wrap(logger.child(fields), flush),
    flush,
  };
}

/** Only people at a terminal need it, and loading it takes every command's first tenth of a second. */
function loadPretty(): typeof import('pino-pretty') {
  return createRequire(import.meta.url)('pino-pretty') as typeof import('pino-pretty');
}
