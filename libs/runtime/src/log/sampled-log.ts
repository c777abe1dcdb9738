import type { Clock } from '../clock/clock.ts';
import type { Log } from './log.ts';

/** Keys beyond these share one budget under this name, so that keys made from bad data cannot fill the memory. */
const MAX_KEYS = 1_000;
const OTHER_KEYS = '(other)';

export interface SampledLog {
  /** Writes the line, or counts it when its key has used up its lines of this window. */
  warn(line: { key: string; fields: object; message: string }): void;
  /** Writes the summaries of windows that are over; call it now and then. */
  flush(): void;
  /** Writes all summaries, for the end of the process. */
  end(): void;
}

interface Budget {
  readonly startMs: number;
  written: number;
  suppressed: number;
}

/**
 * A log that bad input cannot flood: at most `perKey` lines for a key in a window of `windowMs`; the rest is counted,
 * and the count is told in one line when the window is over (noticed at the key's next line or at `flush`).
 */
export function sampledLog(
  log: Log,
  options: { perKey: number; windowMs: number; clock: Clock },
): SampledLog {
  const { perKey, windowMs, clock } = options;
  const budgets = new Map<string, Budget>();

  function summarise(key: string, budget: Budget): void {
    budgets.delete(key);
    if (budget.suppressed === 0) return;
    log.warn({ key, suppressed: budget.suppressed, windowMs }, 'more lines like this were suppressed');
  }

  function isOver(budget: Budget): boolean {
    return clock.monotonicMs() - budget.startMs >= windowMs;
  }

  function flush(): void {
    for (const [key, budget] of budgets) {
      if (isOver(budget)) summarise(key, budget);
    }
  }

  function budgetOf(key: string): Budget {
    const known = budgets.get(key);
    if (known !== undefined && !isOver(known)) return known;
    if (known !== undefined) summarise(key, known);
    // Once a window, while there are too many keys, those that fell silent make room.
    if (key === OTHER_KEYS) flush();
    const fresh: Budget = { startMs: clock.monotonicMs(), written: 0, suppressed: 0 };
    budgets.set(key, fresh);
    return fresh;
  }

  return {
    warn({ key, fields, message }) {
      const budget = budgetOf(budgets.has(key) || budgets.size < MAX_KEYS ? key : OTHER_KEYS);
      if (budget.written < perKey) {
        budget.written += 1;
        log.warn(fields, message);
      } else {
        budget.suppressed += 1;
      }
    },
    flush,
    end() {
      for (const [key, budget] of budgets) summarise(key, budget);
    },
  };
}
