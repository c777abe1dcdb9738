/** What a command may touch of the outside. `main.ts` gives the process's own; tests give theirs. */
export interface Terminal {
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly stdout: Output;
  readonly stderr: Output;
  /** Aborted when the command shall end. */
  readonly signal: AbortSignal;
  /** Says to the launcher that started this process that it is up. */
  readonly tellLauncher: (message: {
    readonly type: 'up';
    readonly addresses: Readonly<Record<string, string>>;
  }) => void;
}

export interface Output {
  readonly isTTY?: boolean;
  write(text: string, done?: () => void): boolean;
}

/** Writes a text and waits while the reader is slower than we are. */
export function print(output: Output, text: string): Promise<void> {
  return new Promise((resolve) => output.write(text, resolve));
}
