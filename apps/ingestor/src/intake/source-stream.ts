import { calendars } from '@tickwright/market';
import type { Instrument } from '@tickwright/market';
import type { SourceConfig, StoredToken } from '@tickwright/config';
import type { Clock, Log, Service } from '@tickwright/runtime';
import type { Stream, Venue } from '@tickwright/venues';
import type { Core } from '../core.ts';
import { JournalSink } from './journal-sink.ts';

/** One configured source: a venue, its instruments, its live stream into the journal. */
export interface SourceStream {
  readonly venue: Venue;
  readonly stream: Stream;
  readonly sink: JournalSink;
  readonly service: Service;
  /** For a venue that wants a token. */
  readonly tokens: StoredToken | undefined;
}

export interface SourceStreamOptions {
  readonly core: Core;
  readonly venue: Venue;
  readonly source: SourceConfig;
  readonly instruments: readonly Instrument[];
  readonly tokens?: StoredToken | undefined;
  readonly clock: Clock;
  readonly log: Log;
}

export function sourceStream(options: SourceStreamOptions): SourceStream {
  const { core, venue, source, instruments, clock, log, tokens } = options;
  const { journal, pipeline } = core;
  const sink = new JournalSink({ venue: venue.name, journal, pipeline, clock, log });
  const stream = venue.createStream({
    instruments,
    streamKind: source.stream ?? 'trade',
    ...(source.wsUrl === undefined ? {} : { wsUrl: source.wsUrl }),
    ...(source.restUrl === undefined ? {} : { restUrl: source.restUrl }),
    ...(source.mode === undefined ? {} : { mode: source.mode }),
    ...(source.plan === undefined ? {} : { plan: source.plan }),
    ...(tokens === undefined ? {} : { tokens }),
    sink,
    clock,
    log,
    calendars,
    lastTickMicros: (key) => pipeline.lastReceiveMicros(key),
  });
  // The disk sets the pace when the journal holds as much as it may: TCP holds the venue back.
  journal.onCongestion((isCongested) => (isCongested ? stream.pause() : stream.resume()));
  const service: Service = { name: `stream ${venue.name}`, run: (signal) => stream.run(signal) };
  return { venue, stream, sink, service, tokens };
}
