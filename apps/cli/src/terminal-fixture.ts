import type { Output, Terminal } from './terminal.ts';

/** Keeps what a command writes, as a pipe would, or as a terminal when told. */
export class Captured implements Output {
  readonly isTTY: boolean;
  text = '';
  /** What the next writes fail with. */
  failure: Error | undefined;

  constructor(options: { isTTY?: boolean } = {}) {
    this.isTTY = options.isTTY ?? false;
  }

  write(text: string, done?: (error?: Error | null) => void): boolean {
    if (this.failure === undefined) this.text += text;
    done?.(this.failure ?? null);
    return true;
  }
}

export interface FakeTerminal extends Terminal {
  readonly stdout: Captured;
  readonly stderr: Captured;
}

export function fakeTerminal(
  argv: readonly string[],
  options: { env?: Record<string, string>; isTTY?: boolean; signal?: AbortSignal } = {},
): FakeTerminal {
  const { env = {}, signal = new AbortController().signal } = options;
  const stderr = new Captured(options);
  return {
    argv,
    env,
    stdout: new Captured(options),
    stderr,
    logTo: { write: (line) => void stderr.write(line) },
    signal,
    tellLauncher: () => undefined,
    abandon: (error) => {
      throw error;
    },
  };
}
