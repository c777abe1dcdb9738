import { loadConfig } from '@tickwright/config';
import type { Config } from '@tickwright/config';
import { createLog } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { UsageError } from './usage-error.ts';
import type { Terminal } from './terminal.ts';

/** The flags that every command has. */
export interface CommonFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
  readonly logLevel?: string;
}

/** Flags that name what to take in. */
export interface SourceFlags {
  readonly venue?: string;
  readonly instruments?: readonly string[];
  readonly symbols?: readonly string[];
  readonly wsUrl?: string;
  readonly restUrl?: string;
  readonly stream?: string;
}

/** The configuration under these flags; they go over the environment, that over the file, that over the defaults. */
export async function settings(
  terminal: Terminal,
  flags: CommonFlags,
  more: readonly string[] = [],
): Promise<Config> {
  return (await loadConfig(configInput(terminal, flags, more))).config;
}

export function configInput(
  terminal: Terminal,
  flags: CommonFlags,
  more: readonly string[] = [],
): Parameters<typeof loadConfig>[0] {
  const set = [...more, ...(flags.set ?? [])];
  if (flags.dataDir !== undefined) set.push(`dataDir=${JSON.stringify(flags.dataDir)}`);
  if (flags.logLevel !== undefined) set.push(`log.level=${flags.logLevel}`);
  return { ...(flags.config === undefined ? {} : { file: flags.config }), flags: set, env: terminal.env };
}

/** The log of a command: on stderr, readable on a terminal, JSON lines elsewhere. */
export function logOf(terminal: Terminal, config: Config, name: string): Log {
  const isTerminal = terminal.stderr.isTTY === true;
  return createLog({
    name,
    level: config.log.level,
    pretty: isTerminal,
    color: isTerminal && (terminal.env['NO_COLOR'] ?? '') === '',
    destination: terminal.stderr,
  });
}

/** Instrument keys from --instruments and --symbols, which both take several values and commas. */
export function keysOf(flags: SourceFlags): string[] {
  const given = [...(flags.instruments ?? []), ...(flags.symbols ?? [])];
  return [...new Set(given.flatMap((value) => value.split(',')).map((key) => key.trim()))].filter(
    (key) => key !== '',
  );
}

/** `--set`-style overrides that make the flagged source the only one; none when no source is flagged. */
export function sourceOverride(flags: SourceFlags): string[] {
  const keys = keysOf(flags);
  if (flags.venue === undefined) {
    if (
      keys.length > 0 ||
      flags.wsUrl !== undefined ||
      flags.restUrl !== undefined ||
      flags.stream !== undefined
    ) {
      throw new UsageError(
        '--instruments, --ws-url, --rest-url and --stream describe a venue: add --venue NAME',
      );
    }
    return [];
  }
  if (keys.length === 0) {
    throw new UsageError(
      `--venue ${flags.venue} needs --instruments, for example --instruments "BINANCE|BTCUSDT"`,
    );
  }
  const { venue, wsUrl, restUrl, stream } = flags;
  return [`sources=${JSON.stringify([{ venue, instruments: keys, wsUrl, restUrl, stream }])}`];
}
