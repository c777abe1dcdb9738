import type { DatabaseStats, Spans } from './database.ts';
import type { ReadConnections } from './read-connections.ts';
import type { WalWatch } from './wal-watch.ts';
import type { WriteQueue } from './write-queue.ts';

/** The figures of one database, each read from where it is kept when it is asked for. */
export function databaseStats(parts: {
  readonly queue: WriteQueue;
  readonly reads: ReadConnections;
  readonly wal: WalWatch;
  readonly commits: () => number;
  readonly commitMs: () => Spans;
}): DatabaseStats {
  const { queue, reads, wal, commits, commitMs } = parts;
  return {
    get queueDepth() {
      return queue.depth;
    },
    get queueWaitMs() {
      return queue.waitMs;
    },
    get commitMs() {
      return commitMs();
    },
    get readsInFlight() {
      return reads.inFlight;
    },
    get readsWaiting() {
      return reads.waiting;
    },
    get commits() {
      return commits();
    },
    get wal() {
      return wal.stats;
    },
    walBytes: () => wal.size(),
  };
}
