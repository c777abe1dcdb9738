import type { Clock, Log } from '@tickwright/runtime';
import { instrumentKey } from '@tickwright/market';
import type { SourceConfig } from '@tickwright/config';
import type { History, HistoryLimits, Venue } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { JournalSink } from '../intake/journal-sink.ts';
import type { SourceStream } from '../intake/source-stream.ts';

/** The connection under which history's answers are journaled. */
const CONNECTION = 'history';

/** A venue's past: what it answers goes into the journal, and from there the way of everything else. */
export interface VenueHistory {
  readonly venue: string;
  readonly history: History;
  /** False where it has candles of the past and no trades. */
  readonly hasTrades: boolean;
  /** Answers that a full journal did not take: they were not stored. */
  readonly refused: () => number;
}

export interface VenueHistoriesOptions {
  readonly core: Core;
  readonly sources: readonly { readonly source: SourceConfig; readonly running: SourceStream }[];
  readonly clock: Clock;
  readonly log: Log;
  readonly limits?: Partial<HistoryLimits>;
}

/**
 * One history a venue, so that its limits are kept whoever asks. A source with an address of its own for the stream and
 * none for REST has no history: what the real venue tells is not what was streamed.
 */
export class VenueHistories {
  readonly #byVenue = new Map<string, VenueHistory>();
  readonly #venues: readonly Venue[];
  readonly #bySegment = new Map<string, string>();

  constructor(options: VenueHistoriesOptions) {
    const { core, sources, clock, log, limits } = options;
    this.#venues = [...new Set(sources.map(({ running }) => running.venue))];
    for (const { source, running } of sources) {
      const { venue, tokens } = running;
      const { wsUrl, restUrl } = source;
      if (this.#byVenue.has(venue.name) || (wsUrl !== undefined && restUrl === undefined)) continue;
      const { journal, pipeline } = core;
      const sink = new JournalSink({ venue: venue.name, journal, pipeline, clock, log });
      const history = venue.history({
        ...(restUrl === undefined ? {} : { restUrl }),
        ...(tokens === undefined ? {} : { tokens }),
        ...(limits === undefined ? {} : { limits }),
        clock,
        log,
        onAnswer: (bytes, receiveMicros) => sink.answer(CONNECTION, receiveMicros, bytes),
      });
      const hasTrades = history.hasTrades !== false;
      this.#byVenue.set(venue.name, {
        venue: venue.name,
        history,
        hasTrades,
        refused: () => sink.counts.refused,
      });
    }
  }

  list(): VenueHistory[] {
    return [...this.#byVenue.values()];
  }

  /** The history of an instrument's venue; undefined where there is none to ask. */
  of(key: string): VenueHistory | undefined {
    const segment = key.slice(0, key.indexOf('|'));
    const known = this.#bySegment.get(segment);
    if (known !== undefined) return this.#byVenue.get(known);
    const venue = this.#venues.find((each) => isOf(each, key));
    if (venue === undefined) return undefined;
    this.#bySegment.set(segment, venue.name);
    return this.#byVenue.get(venue.name);
  }
}

function isOf(venue: Venue, key: string): boolean {
  try {
    venue.instrument(instrumentKey(key));
    return true;
  } catch {
    // Of another segment, or none that it can have.
    return false;
  }
}
