import type { StreamLimits } from '../limits.ts';

/** How often an instrument ticks: the mean of the gaps between the ticks that were looked at, the recent ones above all. */
export interface Habit {
  readonly gaps: number;
  readonly meanGapMs: number;
}

/** The mean follows about the last so many gaps. */
const REMEMBERED_GAPS = 50;

/** The habit after one more gap. */
export function learned(habit: Habit, gapMs: number): Habit {
  const gaps = habit.gaps + 1;
  const weight = 1 / Math.min(gaps, REMEMBERED_GAPS);
  return { gaps, meanGapMs: habit.meanGapMs + (gapMs - habit.meanGapMs) * weight };
}

/** How long an instrument may be silent, in session, before that means something. */
export function staleAfterMs(habit: Habit, limits: StreamLimits): number {
  if (habit.gaps < limits.habitGaps) return Math.max(limits.staleMinMs, limits.firstTickMs);
  return Math.max(limits.staleMinMs, limits.staleGaps * habit.meanGapMs);
}

export interface Silence {
  /** Ticks seen since the acknowledgement. */
  readonly ticksSeen: number;
  readonly habit: Habit;
  /** Since the last tick, the acknowledgement, the session's start or the end of a pause, whichever came last. */
  readonly silentMs: number;
}

/** What the silence of an instrument in session makes it. */
export function judgeInstrument(
  silence: Silence,
  limits: StreamLimits,
): 'acknowledged' | 'first-tick' | 'live' | 'quiet' | 'stale' {
  const allowedMs = staleAfterMs(silence.habit, limits);
  if (silence.silentMs > allowedMs) return 'stale';
  if (silence.ticksSeen === 0) return 'acknowledged';
  if (silence.silentMs > allowedMs / 2) return 'quiet';
  return silence.ticksSeen === 1 ? 'first-tick' : 'live';
}

/**
 * Whether a connection without a data message for `silentMs` is mute, given the habits of its open instruments: alive
 * by its pongs, dead by its data. Together they tick more often than each of them.
 */
export function isMute(options: {
  silentMs: number;
  habits: readonly Habit[];
  limits: StreamLimits;
}): boolean {
  const { silentMs, habits, limits } = options;
  let ticksAMs = 0;
  for (const { gaps, meanGapMs } of habits) {
    // A mean of 0 is ticks within one look; a look a millisecond would be the least.
    if (gaps >= limits.habitGaps) ticksAMs += 1 / Math.max(meanGapMs, 1);
  }
  if (ticksAMs > 0) return silentMs > Math.max(limits.staleMinMs, limits.staleGaps / ticksAMs);
  return habits.length >= 2 && silentMs > limits.firstDataMs;
}
