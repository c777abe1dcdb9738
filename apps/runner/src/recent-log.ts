import { redactText } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';

const KEPT = 200;

export interface LogLine {
  readonly time: string;
  readonly level: 'info' | 'warn' | 'error';
  readonly name: string;
  readonly msg: string;
}

/** A log that passes everything on and keeps the newest lines for the pages; no fields, and no secrets. */
export class RecentLog implements Log {
  readonly #log: Log;
  readonly #name: string;
  readonly #lines: LogLine[] = [];
  readonly #nowMs: () => number;

  constructor(log: Log, options: { readonly name: string; readonly nowMs: () => number }) {
    this.#log = log;
    this.#name = options.name;
    this.#nowMs = options.nowMs;
  }

  /** Newest first. */
  lines(): readonly LogLine[] {
    return this.#lines.toReversed();
  }

  debug(fields: object, message: string): void {
    this.#log.debug(fields, message);
  }

  info(fields: object, message: string): void {
    this.#keep('info', message);
    this.#log.info(fields, message);
  }

  warn(fields: object, message: string): void {
    this.#keep('warn', message);
    this.#log.warn(fields, message);
  }

  error(fields: object, message: string): void {
    this.#keep('error', message);
    this.#log.error(fields, message);
  }

  #keep(level: LogLine['level'], message: string): void {
    const time = new Date(this.#nowMs()).toISOString();
    this.#lines.push({ time, level, name: this.#name, msg: redactText(message) });
    if (this.#lines.length > KEPT) this.#lines.shift();
  }
}
