import { InvalidArgumentError, Option } from 'commander';
import type { Command } from 'commander';

/** The flags that every command has. */
export function common(command: Command): Command {
  const collect = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];
  return command
    .option('--config <file>', 'configuration file (YAML)')
    .option('--data-dir <dir>', 'data directory (default ./data)')
    .option('--set <key=value>', 'set one configuration value; may be repeated', collect)
    .option('--json', 'results as JSON')
    .addOption(
      new Option('--log-level <level>', 'how much is logged, on stderr').choices([
        'debug',
        'info',
        'warn',
        'error',
        'silent',
      ]),
    );
}

/** The flags that name what to take in. */
export function sources(command: Command): Command {
  return command
    .option('--instruments <keys...>', 'instrument keys, separated by commas or given one by one')
    .option('--symbols <keys...>', 'another name for --instruments');
}

/** The flags that choose from a long series. */
export function range(command: Command): Command {
  return command
    .option('--from <time>', 'begin, inclusive: ISO 8601, UTC unless it names a zone, or "now"')
    .option('--to <time>', 'end, exclusive')
    .option('--last <n>', 'only the newest n', positiveInteger)
    .addOption(new Option('--csv', 'comma-separated values').conflicts('json'));
}

export function wholeNumber(text: string): number {
  const value = Number(text);
  if (text.trim() === '' || !Number.isSafeInteger(value) || value < 0)
    throw new InvalidArgumentError('Expected a whole number.');
  return value;
}

export function positiveInteger(text: string): number {
  const value = wholeNumber(text);
  if (value < 1) throw new InvalidArgumentError('Expected a whole number above 0.');
  return value;
}

export function positiveNumber(text: string): number {
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value)) throw new InvalidArgumentError('Expected a number above 0.');
  return value;
}

export function portNumber(text: string): number {
  const value = wholeNumber(text);
  if (value > 65_535) throw new InvalidArgumentError('Expected a port, 0 to 65535.');
  return value;
}

/** A replay's pace: Infinity for as fast as possible. */
export function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!(value > 0) || !Number.isFinite(value))
    throw new InvalidArgumentError('Expected max or a number above 0.');
  return value;
}

/** A parser for addresses of these protocols. */
export function urlOf(protocols: readonly string[]): (text: string) => string {
  return (text) => {
    const protocol = URL.canParse(text) ? new URL(text).protocol : '';
    if (protocols.includes(protocol)) return text;
    throw new InvalidArgumentError(
      `Expected an address that begins with ${protocols.map((each) => `${each}//`).join(' or ')}.`,
    );
  };
}
