import type { Config } from '@tickwright/config';
import type { Instrument, InstrumentKey } from '@tickwright/market';
import { ExitCode, TickwrightError, nearest } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
import type { Venue } from '@tickwright/venues';
import { keyArgument } from './unknown-instrument.ts';
import { UsageError } from './usage-error.ts';

/** An instrument of each venue, for messages. */
const EXAMPLES: Readonly<Record<string, string>> = {
  binance: 'BTCUSDT',
  coinbase: 'BTC-USD',
  kraken: 'BTC/USD',
};

/** Flags that name what to take in. */
export interface SourceFlags {
  readonly venue?: string;
  readonly instruments?: readonly string[];
  readonly symbols?: readonly string[];
  readonly wsUrl?: string;
  readonly restUrl?: string;
  readonly stream?: string;
}

/** A configured source cannot be run: no adapter for its venue, or an instrument that the venue cannot have. */
export class SourceError extends TickwrightError {
  constructor(message: string) {
    super(message, { code: 'source', exitCode: ExitCode.configuration });
  }
}

/** Instrument keys from --instruments and --symbols, which both take several values and commas. Errors: UsageError. */
export function flaggedKeys(flags: SourceFlags): InstrumentKey[] {
  const given = [...(flags.instruments ?? []), ...(flags.symbols ?? [])];
  const keys = given.flatMap((value) => value.split(',')).map((key) => key.trim());
  return [...new Set(keys.filter((key) => key !== ''))].map((key) => keyArgument(key));
}

/** The venue of --venue with the instruments of --instruments. Errors: UsageError. */
export function flaggedSource(flags: SourceFlags & { readonly venue: string }): {
  readonly venue: Venue;
  readonly instruments: readonly Instrument[];
} {
  const problem = venueProblem(flags.venue);
  if (problem !== undefined) throw new UsageError(`--venue ${flags.venue}: ${problem}`);
  const venue = catalogue.venue(flags.venue);
  const keys = flaggedKeys(flags);
  if (keys.length === 0) {
    throw new UsageError(
      `--venue ${venue.name} needs --instruments, for example --instruments "${venue.segment}|${EXAMPLES[venue.name] ?? 'ALPHA'}"`,
    );
  }
  return { venue, instruments: keys.map((key) => instrumentOf(venue, key, UsageError)) };
}

/** `--set`-style overrides that make the flagged source the only one; none when no source is flagged. */
export function sourceOverride(flags: SourceFlags): string[] {
  const { venue, instruments, symbols, wsUrl, restUrl, stream } = flags;
  if (venue !== undefined) {
    const keys = flaggedSource({ ...flags, venue }).instruments.map((instrument) => instrument.key);
    return [`sources=${JSON.stringify([{ venue, instruments: keys, wsUrl, restUrl, stream }])}`];
  }
  if ([instruments, symbols, wsUrl, restUrl, stream].some((value) => value !== undefined)) {
    throw new UsageError(
      '--instruments, --ws-url, --rest-url and --stream describe a venue: add --venue NAME',
    );
  }
  return [];
}

/** Makes sure that every configured source can be run, before anything is started. Errors: SourceError. */
export function requireSources({ sources }: Config): void {
  for (const [index, source] of sources.entries()) {
    const place = `sources[${index}]`;
    const problem = venueProblem(source.venue);
    if (problem !== undefined) throw new SourceError(`${place}.venue: ${problem}`);
    const venue = catalogue.venue(source.venue);
    for (const key of source.instruments) instrumentOf(venue, key, SourceError, `${place}.instruments: `);
  }
}

function instrumentOf(
  venue: Venue,
  key: InstrumentKey,
  Failure: new (message: string) => TickwrightError,
  place = '',
): Instrument {
  try {
    return venue.instrument(key);
  } catch (error) {
    if (error instanceof TickwrightError) throw new Failure(place + error.message);
    throw error;
  }
}

/** Why a venue of this name cannot be used; undefined when it can. */
function venueProblem(name: string): string | undefined {
  const available = catalogue.names();
  if (available.includes(name)) return undefined;
  const list = `available are ${available.join(', ')}`;
  const near = nearest(name, available);
  return `there is no such venue; ${near === undefined ? list : `did you mean "${near}"?`}`;
}
