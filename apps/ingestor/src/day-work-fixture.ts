// The work after a day over a test's core. Not exported by the package.
import { Retention } from '@tickwright/upkeep';
import type { RetentionLimits } from '@tickwright/upkeep';
import type { Clock, Log } from '@tickwright/runtime';
import type { Core } from './core.ts';
import { quietLog } from './core-fixture.ts';
import { DayWork } from './day-work.ts';

const GIB = 1_024 ** 3;
const DAY_MICROS = 86_400_000_000;

export const LIMITS: RetentionLimits = {
  journal: { bytes: 50 * GIB, hours: 48 },
  tickDays: 365,
  candleYears: 10,
  quarantine: { bytes: GIB, hours: 90 * 24 },
  backups: {},
  log: {},
};

export function retentionOf(
  { core, clock, log = quietLog }: { core: Core; clock: Clock; log?: Log },
  limits: Partial<RetentionLimits> = {},
): Retention {
  const { dataDir, tickFile } = core;
  return new Retention({ dataDir, limits: { ...LIMITS, ...limits }, tickFile, clock, log });
}

/** All that follows a day, without the jobs around it: what was received before today (UTC) is sealed. */
export function dayWorkOf(
  parts: { core: Core; clock: Clock; log?: Log },
  limits?: Partial<RetentionLimits>,
): { round(): Promise<void> } {
  const { core, clock, log = quietLog } = parts;
  const work = new DayWork({ core, retention: retentionOf(parts, limits), clock, log });
  return {
    async round() {
      await work.sealReceivedBefore(Math.floor(clock.nowMicros() / DAY_MICROS) * DAY_MICROS);
      await work.finishDays();
      await work.prune();
    },
  };
}
