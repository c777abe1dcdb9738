import type { Clock } from '../clock/clock.ts';
import { EarlyRound } from './early-round.ts';
import type { Service } from './service.ts';

/** Counts what a periodic service did; read by metrics. */
export interface LoopCounts {
  rounds: number;
  /** Rounds whose time had passed before the one before them ended. */
  missed: number;
}

export interface LoopOptions {
  readonly name: string;
  readonly intervalMs: number;
  /** Before the first round; an interval unless told. */
  readonly firstAfterMs?: number;
  readonly clock: Clock;
  readonly work: (signal: AbortSignal) => Promise<unknown>;
  readonly counts?: LoopCounts;
  /** Rounds that are asked for come at once, between those of the pace, which stays as it is. */
  readonly early?: EarlyRound;
}

/** A service that does the same work at a fixed pace. A round that takes longer than the interval is never overlapped: the rounds it covers are counted as missed. */
export function loopService(options: LoopOptions): Service {
  const { clock, intervalMs, work, counts, early = new EarlyRound() } = options;
  return {
    name: options.name,
    async run(signal) {
      let dueMs = clock.monotonicMs() + (options.firstAfterMs ?? intervalMs);
      while (!signal.aborted) {
        const isAsked = await early.within(Math.max(0, dueMs - clock.monotonicMs()), clock, signal);
        if (signal.aborted) return;
        const isEarly = isAsked && clock.monotonicMs() < dueMs;
        await work(signal);
        if (counts !== undefined) counts.rounds += 1;
        if (isEarly) continue;
        dueMs += intervalMs;
        const late = clock.monotonicMs() - dueMs;
        if (late > 0) {
          const missed = Math.ceil(late / intervalMs);
          if (counts !== undefined) counts.missed += missed;
          dueMs += missed * intervalMs;
        }
      }
    },
  };
}
