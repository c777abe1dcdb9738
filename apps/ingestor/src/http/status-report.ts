import type { IngestorState } from './ingestor-state.ts';

/** Everything the ingestor tells of itself in one answer, from memory. */
export function statusReport(state: IngestorState): object {
  const health = state.health();
  const running = state.running;
  if (running === undefined) return { ...health, ...state.readiness() };
  const { core, streams, disk, retention, supervisor, backups, subscriptions } = running;
  const { pipeline, journal, flusher, aggregator, tickFile } = core;
  return {
    ...health,
    ...state.readiness(),
    journal: { ...journal.health, nextOffset: journal.nextOffset, durableOffset: journal.durableOffset },
    tickFile: { ...flusher.health, appliedOffset: tickFile.appliedOffset, waitingRows: pipeline.buffer.rows },
    disk: { ...disk.health },
    limits: retention.uses,
    candles: { ...aggregator.health, missedCycles: aggregator.loop.missed, ...pipeline.candles.counts },
    ticks: { ...pipeline.deduplicator.counts },
    decoders: Object.fromEntries(
      [...pipeline.fold.decoders()].map(([venue, decoder]) => [venue, decoder.counts]),
    ),
    streams: streams.map(({ venue, stream, sink }) => ({
      venue: venue.name,
      connections: stream.connections,
      counts: stream.counts,
      access: stream.access,
      frames: sink.counts,
      subscriptions: stream.states(),
    })),
    /** What subscribe and unsubscribe have changed of the configuration. */
    subscriptionChanges: subscriptions?.changes ?? [],
    gaps: pipeline.gaps.unfilledList(),
    recovery: running.recovery?.report() ?? null,
    backups: { ...backups.health, ageMs: backups.ageMs() },
    services: supervisor.status(),
  };
}
