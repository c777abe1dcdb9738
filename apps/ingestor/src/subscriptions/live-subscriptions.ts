import { withChange, writeSubscriptionChanges } from '@tickwright/config';
import type { SourceConfig, VenueChanges } from '@tickwright/config';
import { instrumentKey } from '@tickwright/market';
import type { Instrument, InstrumentKey } from '@tickwright/market';
import { SerialGate } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import { InstrumentKeyError, TooManyInstrumentsError } from '@tickwright/venues';
import type { History, Venue } from '@tickwright/venues';
import type { Core } from '../core.ts';
import type { SourceStream } from '../intake/source-stream.ts';
import { SubscriptionError, UnknownInstrumentsError } from './subscription-errors.ts';
import { checkWithVenue } from './venue-check.ts';

export interface SubscriptionRequest {
  readonly instruments: readonly string[];
  /** Found from the instruments' keys unless told. */
  readonly venue?: string;
}

export interface SubscriptionChange {
  readonly venue: string;
  readonly changed: readonly string[];
  /** Those that were as asked for before. */
  readonly unchanged: readonly string[];
  /** Why the venue could not be asked whether it has them; they are subscribed all the same. */
  readonly unchecked?: string;
}

/** A source as it runs, with the configuration it comes from. */
export interface RunningSource {
  readonly source: SourceConfig;
  readonly running: Pick<SourceStream, 'venue' | 'stream' | 'tokens'>;
}

export interface LiveSubscriptionsOptions {
  readonly core: Pick<Core, 'instruments' | 'register'>;
  readonly dataDir: string;
  /** As configured, before any change. */
  readonly configured: readonly SourceConfig[];
  readonly sources: readonly RunningSource[];
  /** As they were read at the start. */
  readonly changes: readonly VenueChanges[];
  /** Who is asked whether a venue has an instrument, by its key; undefined where there is nobody to ask. */
  readonly historyOf: (key: string) => Pick<History, 'instrumentDetails' | 'knows'> | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

/**
 * Changes which instruments a running ingestor takes in. A change is made whole or not at all: checked with the venue,
 * registered, given to the stream (which journals `requested` and `removed`), and kept for the next start.
 */
export class LiveSubscriptions {
  readonly #options: LiveSubscriptionsOptions;
  readonly #gate = new SerialGate();
  #changes: readonly VenueChanges[];

  constructor(options: LiveSubscriptionsOptions) {
    this.#options = options;
    this.#changes = options.changes;
  }

  /** What differs from the configuration. */
  get changes(): readonly VenueChanges[] {
    return this.#changes;
  }

  /** Errors: UnknownInstrumentsError, SubscriptionError, TooManyInstrumentsError; nothing has changed then. */
  subscribe(request: SubscriptionRequest, signal: AbortSignal): Promise<SubscriptionChange> {
    return this.#gate.run(async () => {
      const keys = this.#keysOf(request);
      const venue = this.#venueOf(request, keys);
      const sources = this.#sourcesOf(venue.name);
      const wanted = this.#described(venue, keys, sources[0].source);
      const taken = new Set(sources.flatMap((one) => activeKeys(one)));
      const fresh = wanted.filter(({ key }) => !taken.has(key));
      const check = await checkWithVenue(this.#options.historyOf(keys[0] ?? ''), fresh, signal);
      if (check.unknown.length > 0) {
        throw new UnknownInstrumentsError(
          check.unknown.map(({ instrument, reason }) => ({ key: instrument.key, reason })),
          this.#knownTo(venue),
        );
      }
      if (fresh.length > 0) await this.#add(sources[0], fresh);
      return {
        venue: venue.name,
        changed: fresh.map(({ key }) => key),
        unchanged: keys.filter((key) => taken.has(key)),
        ...(check.unchecked === undefined ? {} : { unchecked: check.unchecked }),
      };
    });
  }

  /** Errors: UnknownInstrumentsError for one that is not subscribed; nothing has changed then. */
  unsubscribe(request: SubscriptionRequest): Promise<SubscriptionChange> {
    return this.#gate.run(async () => {
      const keys = this.#keysOf(request);
      const venue = this.#venueOf(request, keys);
      const sources = this.#sourcesOf(venue.name);
      const active = new Set(sources.flatMap((one) => activeKeys(one)));
      const left = new Set(this.#changes.find((one) => one.venue === venue.name)?.unsubscribed ?? []);
      const unknown = keys.filter((key) => !active.has(key) && !left.has(key));
      if (unknown.length > 0) {
        throw new UnknownInstrumentsError(
          unknown.map((key) => ({ key, reason: 'it is not subscribed' })),
          [...active],
        );
      }
      const leaving = keys.filter((key) => active.has(key));
      if (leaving.length > 0) await this.#remove(venue.name, leaving);
      return { venue: venue.name, changed: leaving, unchanged: keys.filter((key) => !active.has(key)) };
    });
  }

  async #add(target: RunningSource, fresh: readonly Instrument[]): Promise<void> {
    const { core, log } = this.#options;
    const { stream, venue } = target.running;
    const keys = fresh.map(({ key }) => key);
    requireRoom(target, fresh.length);
    await this.#keep({ venue: venue.name, subscribed: keys, unsubscribed: [] });
    // Registered before it is asked for: a tick may follow the request at once.
    core.register(fresh);
    stream.subscribe(fresh);
    log.info({ venue: venue.name, instruments: keys }, 'subscribed');
  }

  async #remove(venue: string, keys: readonly InstrumentKey[]): Promise<void> {
    const { log } = this.#options;
    await this.#keep({ venue, subscribed: [], unsubscribed: keys });
    for (const { running } of this.#sourcesOf(venue)) running.stream.unsubscribe(keys);
    log.info({ venue, instruments: keys }, 'unsubscribed');
  }

  async #keep(change: VenueChanges): Promise<void> {
    const { configured, dataDir } = this.#options;
    const known = configured
      .filter(({ venue }) => venue === change.venue)
      .flatMap(({ instruments }) => instruments);
    const changes = withChange(this.#changes, change, known);
    try {
      await writeSubscriptionChanges(dataDir, changes);
    } catch (cause) {
      const why = cause instanceof Error ? cause.message : String(cause);
      throw new SubscriptionError(
        `the change could not be kept for the next start, so it was not made: ${why}`,
        {
          code: 'subscription-not-kept',
          cause,
        },
      );
    }
    this.#changes = changes;
  }

  /** In the order given, each once. */
  #keysOf({ instruments }: SubscriptionRequest): InstrumentKey[] {
    const known = this.#options.core.instruments.list().map(({ key }) => key);
    return [...new Set(instruments)].map((text) => {
      try {
        return instrumentKey(text);
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        throw new UnknownInstrumentsError([{ key: text, reason }], known);
      }
    });
  }

  /** The venue that was named, or the one of all that run here whose keys these can be. */
  #venueOf({ venue: name }: SubscriptionRequest, keys: readonly InstrumentKey[]): Venue {
    const venues = new Map(this.#options.sources.map(({ running }) => [running.venue.name, running.venue]));
    const names = [...venues.keys()].join(', ');
    if (name !== undefined) {
      const venue = venues.get(name);
      if (venue !== undefined) return venue;
      throw new SubscriptionError(
        `no source of venue "${name}" runs here, only ${names}: add one to the configuration and start again`,
        { code: 'venue-not-running' },
      );
    }
    const found = [...venues.values()].filter((venue) => keys.every((key) => isOf(venue, key)));
    const [venue, other] = found;
    if (venue !== undefined && other === undefined) return venue;
    if (venue !== undefined) {
      throw new SubscriptionError(
        `${found.map((one) => one.name).join(' and ')} may both have these instruments: say --venue`,
        { code: 'venue-ambiguous' },
      );
    }
    const nobodys = keys.filter((key) => ![...venues.values()].some((one) => isOf(one, key)));
    if (nobodys.length === 0) {
      throw new SubscriptionError(
        'these instruments are of several venues: change those of one venue at a time',
        {
          code: 'venue-ambiguous',
        },
      );
    }
    const known = this.#options.core.instruments.list().map((one) => one.key);
    const reason = `no venue that runs here has such keys (${names})`;
    throw new UnknownInstrumentsError(
      nobodys.map((key) => ({ key, reason })),
      known,
    );
  }

  #sourcesOf(venue: string): [RunningSource, ...RunningSource[]] {
    const [first, ...more] = this.#options.sources.filter(({ running }) => running.venue.name === venue);
    if (first === undefined) throw new RangeError(`no source of venue ${venue} runs`);
    return [first, ...more];
  }

  #described(venue: Venue, keys: readonly InstrumentKey[], { calendar }: SourceConfig): Instrument[] {
    try {
      return keys.map((key) => ({
        ...venue.instrument(key),
        ...(calendar === undefined ? {} : { calendar }),
      }));
    } catch (error) {
      if (!(error instanceof InstrumentKeyError)) throw error;
      throw new SubscriptionError(error.message, { code: 'instrument-unknown', cause: error });
    }
  }

  #knownTo(venue: Venue): string[] {
    return this.#options.core.instruments.list().flatMap(({ key }) => (isOf(venue, key) ? [key] : []));
  }
}

function isOf(venue: Venue, key: InstrumentKey): boolean {
  try {
    venue.instrument(key);
    return true;
  } catch (error) {
    if (error instanceof InstrumentKeyError) return false;
    throw error;
  }
}

function activeKeys({ running }: RunningSource): string[] {
  return running.stream
    .states()
    .filter(({ state }) => state !== 'unsubscribed' && state !== 'refused')
    .map(({ instrument }) => instrument);
}

/** Another source of the venue has another mode: it is not taken in its place. */
function requireRoom({ running: { stream, venue } }: RunningSource, wanted: number): void {
  if (wanted <= stream.room) return;
  throw new TooManyInstrumentsError(
    `${wanted} more instruments are too many: the connections of ${venue.name} have room for ${stream.room}; unsubscribe some, or tell less of each`,
  );
}
