import { TickwrightError } from '@tickwright/runtime';

/** What a command may touch of the outside. `main.ts` gives the process's own; tests give theirs. */
export interface Terminal {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** For what is not to be an argument, a token. */
  readonly stdin?: AsyncIterable<Uint8Array> & { readonly isTTY?: boolean };
  /** Where log lines go. Absent: the process's stderr, which is then never waited for. */
  readonly logTo?: { write(line: string): void };
  /** Aborted when the command shall end; its reason says why. */
  readonly signal: AbortSignal;
  /** Ends the process at once with the error's exit code, closing nothing; by force when a thread of it `isStuck`. */
  readonly abandon: (error: TickwrightError, state: { readonly isStuck: boolean }) => void;
  /** Says to the launcher that started this process that it is up. */
  readonly tellLauncher: (message: {
    readonly type: 'up';
    readonly addresses: Readonly<Record<string, string>>;
  }) => void;
}

export interface Output {
  readonly isTTY?: boolean;
  write(text: string, done?: (error?: Error | null) => void): boolean;
}

/** Who reads our output has left, as `head` does when it has enough: there is nothing to go on for, and nothing wrong. */
export class OutputClosedError extends TickwrightError {
  constructor(cause: unknown) {
    super('nobody reads the output any more', { code: 'output-closed', exitCode: 0, cause });
  }
}

/** The output could not be written: a full disk, for example. */
export class OutputFailedError extends TickwrightError {
  constructor(cause: Error) {
    super(`cannot write the output: ${cause.message}`, { code: 'output-failed', cause });
  }
}

/** Codes of a write to a pipe without a reader, and of every write after it. */
const CLOSED_CODES: ReadonlySet<unknown> = new Set(['EPIPE', 'ERR_STREAM_DESTROYED']);

/** Writes a text and waits while the reader is slower than we are. Errors: OutputClosedError, OutputFailedError. */
export function print(output: Output, text: string): Promise<void> {
  return new Promise((resolve, reject) => {
    output.write(text, (error) => {
      if (error === undefined || error === null) resolve();
      else if ('code' in error && CLOSED_CODES.has(error.code)) reject(new OutputClosedError(error));
      else reject(new OutputFailedError(error));
    });
  });
}
