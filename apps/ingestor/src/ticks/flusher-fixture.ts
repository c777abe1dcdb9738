// A flusher over a core's own parts, whose tick file can be made to fail where a disk or an engine would.
import { join as pathOf } from 'node:path';
import { calendars } from '@tickwright/market';
import type { TickBatch } from '@tickwright/market';
import type { AppendState, TickFile } from '@tickwright/store';
import { catalogue } from '@tickwright/venues';
import { catchUp } from './catch-up.ts';
import { quietLog, whileTimePasses } from '../core-fixture.ts';
import type { Rig } from '../core-fixture.ts';
import { Flusher } from './flusher.ts';

/** What happens instead of an append; `append` is the real one. */
export type Fault = (append: () => Promise<void>) => Promise<void>;

export interface FaultyFlusher {
  readonly flusher: Flusher;
  /** Each append uses up the next of them; without one it is the real append. */
  readonly faults: Fault[];
  /** Flushes while time passes, so that its retries have theirs. */
  flush(): Promise<boolean>;
}

/** `onCaughtUp` runs while it catches up, between the last portion's reading and the join. */
export function faultyFlusher(rig: Rig, onJoin: () => void = () => undefined): FaultyFlusher {
  const { pipeline, journal, gapStore, tickFile: real } = rig.core;
  const { clock } = rig;
  const faults: Fault[] = [];
  const append = (batches: readonly TickBatch[], state: AppendState): Promise<void> => {
    const fault = faults.shift();
    return fault === undefined ? real.append(batches, state) : fault(() => real.append(batches, state));
  };
  const tickFile = faulty(real, append);
  // The ledger's memory is of no account here: no test of the flusher restarts from it.
  const ledgerMemory = { save: async () => undefined, load: async () => undefined };
  const journalDirectory = pathOf(rig.dataDir, 'journal');
  const venues = [catalogue.venue('binance')];
  const flusher = new Flusher({
    pipeline,
    journal,
    tickFile,
    gapStore,
    ledgerMemory,
    clock,
    log: quietLog,
    catchUp: ({ join, storedGaps }) =>
      catchUp(
        { journal, journalDirectory, tickFile, gapStore, ledgerMemory, venues, calendars, clock },
        {
          storedGaps,
          join: () => {
            onJoin();
            return join();
          },
        },
      ),
  });
  return {
    flusher,
    faults,
    flush: async () => {
      await journal.sync();
      return whileTimePasses(clock, flusher.flush());
    },
  };
}

/** The real tick file in all but its appends. */
function faulty(real: TickFile, append: TickFile['append']): TickFile {
  return new Proxy(real, {
    get(target, name) {
      if (name === 'append') return append;
      const value: unknown = Reflect.get(target, name, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
}
