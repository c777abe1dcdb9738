import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import type { Clock, Log } from '@tickwright/runtime';
import type { TickFile } from '@tickwright/store';
import { limitCandles } from './candle-limit.ts';
import { folderUse } from './folder-use.ts';
import { limitJournal } from './journal-limit.ts';
import { hoursSince } from './limit-use.ts';
import type { Limit, LimitUse } from './limit-use.ts';
import { limitQuarantine } from './quarantine-limit.ts';
import { limitTicks } from './tick-limit.ts';

/** The limits of all long-lived stores under a data directory. */
export interface RetentionLimits {
  readonly journal: { readonly bytes: number; readonly hours: number };
  readonly tickDays: number;
  readonly candleYears: number;
  readonly quarantine: { readonly bytes: number; readonly hours: number; readonly deleteAfterDays?: number };
  /** Enforced by those who write them; here they are told. */
  readonly backups: Limit;
  readonly log: Limit;
}

export interface RetentionOptions {
  readonly dataDir: string;
  readonly limits: RetentionLimits;
  readonly tickFile: Pick<TickFile, 'stats' | 'forget' | 'keptFromMicros'>;
  readonly clock: Clock;
  readonly log: Log;
}

/** Holds the stores of a data directory to their limits, and knows how much of them is used. */
export class Retention {
  readonly #options: RetentionOptions;
  #uses: readonly LimitUse[] = [];
  readonly #warned = new Set<string>();

  constructor(options: RetentionOptions) {
    this.#options = options;
  }

  /** As of the last round; empty before the first. */
  get uses(): readonly LimitUse[] {
    return this.#uses;
  }

  /** Removes what is beyond a limit and may go. Rejects when a file cannot be removed; the next round tries again. */
  async round(): Promise<readonly LimitUse[]> {
    const { dataDir, limits, tickFile, clock, log } = this.#options;
    const nowMicros = clock.nowMicros();
    const common = { dataDir, tickFile, nowMicros };
    const enforced = [
      // The journal first: what it may give up is judged by what was sealed, not by what is removed next.
      await limitJournal({ ...common, limit: limits.journal, verifiedOffset: tickFile.stats.verifiedOffset }),
      await limitTicks({ ...common, days: limits.tickDays }),
      await limitCandles({ ...common, years: limits.candleYears }),
      await limitQuarantine({
        ...common,
        limit: { bytes: limits.quarantine.bytes, hours: limits.quarantine.hours },
        deleteAfterDays: limits.quarantine.deleteAfterDays,
      }),
    ];
    for (const { store, removed } of enforced)
      if (removed > 0) log.info({ store, removed }, 'removed files past their limit');
    const uses = enforced.map(({ removed: _removed, ...use }): LimitUse => use);
    uses.push(await this.#toldOf('backups', join(dataDir, 'backups'), limits.backups));
    uses.push(await this.#toldOf('log', join(dataDir, 'ingestor', 'log'), limits.log));
    this.#uses = uses;
    for (const use of uses) this.#warn(use);
    return uses;
  }

  async #toldOf(store: 'backups' | 'log', folder: string, limit: Limit): Promise<LimitUse> {
    const { bytes, oldestMs } = await folderUse(folder);
    const count = (await readdir(folder).catch(() => [])).length;
    return {
      store,
      bytes,
      count,
      hours: hoursSince(oldestMs, this.#options.clock.nowMicros() / 1_000),
      limit,
    };
  }

  /** Once when it begins, and again when it has been over in between. */
  #warn({ store, warning }: LimitUse): void {
    if (warning === undefined) {
      this.#warned.delete(store);
    } else if (!this.#warned.has(store)) {
      this.#warned.add(store);
      this.#options.log.warn({ store }, warning);
    }
  }
}
