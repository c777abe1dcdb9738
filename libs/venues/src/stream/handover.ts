import type { Clock } from '@tickwright/runtime';
import type { Link } from './link.ts';
import type { StreamLimits } from '../limits.ts';
import type { ConnectionState } from '../venue.ts';
import { orAborted, slept } from './waiting.ts';

export interface HandoverOptions {
  readonly clock: Clock;
  readonly limits: StreamLimits;
  /** How many the link has been asked for. */
  readonly instruments: number;
  readonly signal: AbortSignal;
}

/**
 * Resolves with whether a link that was just opened can take the place of an older one: everything was acknowledged in
 * time, and it lived on through the overlap, in which what was under way on the older one still arrives there.
 */
export async function isReady(next: Link, options: HandoverOptions): Promise<boolean> {
  const { clock, limits, instruments, signal } = options;
  if (instruments > 0) {
    const over = new AbortController();
    const late = slept(clock, limits.handoverTimeoutMs, over.signal);
    await orAborted(Promise.race([next.settled, next.ended, late]), signal);
    over.abort();
    if (next.settledMs < 0 || next.isClosed || signal.aborted) return false;
  }
  const over = new AbortController();
  await orAborted(Promise.race([slept(clock, limits.overlapMs, over.signal), next.ended]), signal);
  over.abort();
  return !next.isClosed && !signal.aborted;
}

/** What there is to say of one link of a lane. */
export function linkState(
  link: Link,
  lane: Pick<ConnectionState, 'url' | 'instruments' | 'failures' | 'sinceMicros' | 'reason'> & {
    current: Link | undefined;
  },
): ConnectionState {
  const { current, ...rest } = lane;
  const said = link.venueStatus === '' ? {} : { venueStatus: link.venueStatus };
  const connection = { ...rest, ...said, connection: link.name, lastMessageMicros: link.lastDataMicros };
  if (link.openedMicros === 0) return { ...connection, state: 'connecting' };
  // In a handover the younger link is not yet the current one; afterwards the older one no longer is.
  const isReplaced = current !== undefined && link.openedMicros < current.openedMicros;
  return { ...connection, state: isReplaced ? 'draining' : 'open', sinceMicros: link.openedMicros };
}
