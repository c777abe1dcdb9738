import { stat } from 'node:fs/promises';
import {
  StoredToken,
  changedSources,
  readSubscriptionChanges,
  secretsFileOf,
  tokenName,
} from '@tickwright/config';
import type { Config, SourceConfig } from '@tickwright/config';
import { instrumentKey } from '@tickwright/market';
import type { Instrument } from '@tickwright/market';
import { TickwrightError, systemClock } from '@tickwright/runtime';
import type { Log } from '@tickwright/runtime';
import { checkCalendars, checkInstruments, checkToken, checkYesterday } from '@tickwright/upkeep';
import type { Finding, KnownToken } from '@tickwright/upkeep';
import { TokenRefusedError, catalogue, tokenExpiryMicros } from '@tickwright/venues';
import type { HistoryOptions } from '@tickwright/venues';
import type { Terminal } from './terminal.ts';

/** A venue that does not answer is a note after this: others find that out in detail. */
const TIMEOUT_MS = 3_000;
const VENUES_WITH_TOKENS: ReadonlySet<string> = new Set(['upstox']);

/** What must be so before a market opens: tokens, instruments, calendars, and yesterday's data. */
export async function premarketFindings(options: {
  readonly config: Config;
  readonly terminal: Terminal;
  readonly log: Log;
}): Promise<Finding[]> {
  const { config, terminal, log } = options;
  const changes = await readSubscriptionChanges(config.dataDir);
  const sources = changedSources(config.sources, changes).filter(({ venue }) =>
    catalogue.names().includes(venue),
  );
  const asking = sources.map((source) => ({ source, instruments: instrumentsOf(source) }));
  const all = asking.flatMap(({ instruments }) => instruments);
  const { dataDir } = config;
  const found = await Promise.all([
    ...tokenVenues(sources).map(async (source) => [await tokenFinding(options, source)]),
    ...asking.map(async ({ source, instruments }) => [
      await instrumentsFinding(options, source, instruments),
    ]),
    checkYesterday({ dataDir, instruments: all, clock: systemClock, log }),
  ]);
  terminal.signal.throwIfAborted();
  return [...found.flat(), ...checkCalendars(all, systemClock)];
}

/** Those whose keys are right: others are the configuration's own finding. */
function instrumentsOf({ venue, instruments, calendar }: SourceConfig): Instrument[] {
  return instruments.flatMap((key) => {
    try {
      const described = catalogue.venue(venue).instrument(instrumentKey(key));
      return [calendar === undefined ? described : { ...described, calendar }];
    } catch (error) {
      if (error instanceof TickwrightError) return [];
      throw error;
    }
  });
}

/** One a venue: all its sources are of one account. */
function tokenVenues(sources: readonly SourceConfig[]): SourceConfig[] {
  const wanting = sources.filter(({ venue }) => VENUES_WITH_TOKENS.has(venue));
  return wanting.filter((source, at) => wanting.findIndex(({ venue }) => venue === source.venue) === at);
}

async function tokenFinding(
  { config, terminal, log }: { config: Config; terminal: Terminal; log: Log },
  source: SourceConfig,
): Promise<Finding> {
  const { venue } = source;
  const nowMicros = systemClock.nowMicros();
  const tokens = tokensOf(config, terminal, venue);
  const token = await tokens.read();
  if (token === undefined) return checkToken({ venue, token: undefined, verdict: 'not asked' }, nowMicros);
  const isGiven = (terminal.env[tokenName(venue)] ?? '') === token;
  const stored = isGiven ? undefined : await stat(secretsFileOf(config)).catch(() => undefined);
  const known = {
    expiresMicros: tokenExpiryMicros(token, nowMicros),
    ...(stored === undefined ? {} : { storedMicros: stored.mtimeMs * 1_000 }),
  };
  const verdict = await asked(source, historyOptions(config, terminal, { source, log }));
  return checkToken({ venue, token: known, ...verdict }, nowMicros);
}

/** Whether the venue takes the token: asked for the exchange's status, which tells nothing else. */
async function asked(
  { venue }: SourceConfig,
  options: HistoryOptions,
): Promise<Pick<KnownToken, 'verdict' | 'reason'>> {
  try {
    await catalogue.venue(venue).marketHours?.(options).marketStatus('NSE');
    return { verdict: 'accepted' };
  } catch (error) {
    if (error instanceof TokenRefusedError) return { verdict: 'refused', reason: error.message };
    if (error instanceof TickwrightError) return { verdict: 'not asked', reason: error.message };
    throw error;
  }
}

async function instrumentsFinding(
  { config, terminal, log }: { config: Config; terminal: Terminal; log: Log },
  source: SourceConfig,
  instruments: readonly Instrument[],
): Promise<Finding> {
  const { checkWithVenue } = await import('@tickwright/ingestor');
  const options = historyOptions(config, terminal, { source, log });
  // A stream from elsewhere has no REST here: the real venue's answers would be about another market.
  const history =
    source.wsUrl !== undefined && source.restUrl === undefined
      ? undefined
      : catalogue.venue(source.venue).history(options);
  const { unknown, unchecked } = await checkWithVenue(history, instruments, terminal.signal);
  return checkInstruments({
    venue: source.venue,
    count: instruments.length,
    unknown: unknown.map(({ instrument, reason }) => ({ key: instrument.key, reason })),
    unchecked,
  });
}

function tokensOf(config: Config, terminal: Terminal, venue: string): StoredToken {
  return new StoredToken({ venue, file: secretsFileOf(config), env: terminal.env });
}

function historyOptions(
  config: Config,
  terminal: Terminal,
  { source, log }: { source: SourceConfig; log: Log },
): HistoryOptions {
  const { venue } = source;
  const simulated = venue === 'simulated' ? `http://127.0.0.1:${config.simulator.port}` : undefined;
  const restUrl = source.restUrl ?? simulated;
  return {
    ...(restUrl === undefined ? {} : { restUrl }),
    ...(VENUES_WITH_TOKENS.has(venue) ? { tokens: tokensOf(config, terminal, venue) } : {}),
    limits: { timeoutMs: TIMEOUT_MS, maxWaitMs: TIMEOUT_MS },
    clock: systemClock,
    log,
    // A look before the market opens decides nothing that is stored.
    onAnswer: () => undefined,
  };
}
