import { join } from 'node:path';
import { loadConfig } from '@tickwright/config';
import type { Config } from '@tickwright/config';
import { addCalendarDays } from '@tickwright/market';
import { LogFiles, createLog } from '@tickwright/runtime';
import type { ProcessLog } from '@tickwright/runtime';
import type { Terminal } from './terminal.ts';

/** The flags that every command has. */
export interface CommonFlags {
  readonly config?: string;
  readonly dataDir?: string;
  readonly set?: readonly string[];
  readonly json?: boolean;
  readonly logLevel?: string;
}

/**
 * The configuration under these flags; they go over the environment, that over the file, that over the defaults. Its
 * calendars are in force from here on.
 */
export async function settings(
  terminal: Terminal,
  flags: CommonFlags,
  more: readonly string[] = [],
): Promise<Config> {
  const { config } = await loadConfig(configInput(terminal, flags, more));
  addCalendarDays(config.calendars);
  return config;
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

/** The log of a command: on stderr, readable on a terminal, JSON lines elsewhere; and to files where they are given. */
export function logOf(terminal: Terminal, config: Config, name: string, files?: LogFiles): ProcessLog {
  const isTerminal = terminal.stderr.isTTY === true;
  return createLog({
    name,
    level: config.log.level,
    pretty: isTerminal,
    color: isTerminal && (terminal.env['NO_COLOR'] ?? '') === '',
    ...(terminal.logTo === undefined ? {} : { destination: terminal.logTo }),
    ...(files === undefined ? {} : { files }),
  });
}

/** Runs a service with its log, which also goes to `<data dir>/<role>/log` unless that is turned off. */
export async function withServiceLog(
  terminal: Terminal,
  config: Config,
  role: string,
  work: (log: ProcessLog) => Promise<void>,
): Promise<void> {
  const { file, fileBytes, files: kept } = config.log;
  const files = file
    ? new LogFiles({ folder: join(config.dataDir, role, 'log'), fileBytes, files: kept })
    : undefined;
  try {
    await work(logOf(terminal, config, role, files));
  } finally {
    await files?.close();
  }
}
