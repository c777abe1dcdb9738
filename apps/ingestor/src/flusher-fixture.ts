// A flusher over a core's own parts, whose tick file can be made to fail: at the edge where a disk or an engine would.
import { calendars } from '@tickwright/market';
import type { TickBatch } from '@tickwright/market';
import { catalogue } from '@tickwright/venues';
import type { AppendState, TickFile } from '@tickwright/store';
import { join } from 'node:path';
import { catchUp } from './catch-up.ts';
import type { Rig } from './core-fixture.ts';
import { quietLog, whileTimePasses } from './core-fixture.ts';
import { Flusher } from './flusher.ts';
import { Pipeline } from './pipeline.ts';
import { TickBuffer } from './tick-buffer.ts';

/** What happens instead of an append; `append` is the real one. */
export type Fault = (append: () => Promise<void>) => Promise<void>;

/** A tick file that is the given one, but for appends while faults are left: each uses up the next. */
export class FaultyTickFile {
  readonly tickFile: TickFile;
  readonly faults: Fault[] = [];
  appends = 0;

  constructor(real: TickFile) {
    const append = (batches: readonly TickBatch[], state: AppendState): Promise<void> => {
      this.appends += 1;
      const fault = this.faults.shift();
      return fault === undefined ? real.append(batches, state) : fault(() => real.append(batches, state));
    };
    this.tickFile = new Proxy(real, {
      get(target, name) {
        if (name === 'append') return append;
        const value: unknown = Reflect.get(target, name, target);
        return typeof value === 'function' ? value.bind(target) : value;
      },
    });
  }

  fail(times: number, fault: Fault): void {
    this.faults.push(...Array.from({ length: times }, () => fault));
  }
}
