import { loopService } from '@tickwright/runtime';
import type { Clock, Service } from '@tickwright/runtime';
import { calendarsOf } from './instrument-calendars.ts';
import type { Core } from './core.ts';
import type { DayWork } from './day-work.ts';
import type { DiskWatch } from './disk/disk-watch.ts';
import type { IngestOptions } from './ingest.ts';
import { ClockTrust } from './intake/clock-trust.ts';
import { recordOwnEvent } from './intake/journal-sink.ts';

/** A clock frame is journaled this often while a session is open, so that candles close without a trade. */
const CLOCK_FRAME_MS = 250;
/** Clock frames go on so long after a session, so that its last candles close. */
const CLOCK_AFTER_SESSION_MICROS = 10_000_000;
/** Seals and finished days are looked for this often. */
const DAY_WORK_MS = 30_000;
const DAY_WORK_FIRST_MS = 1_000;
/** Of the publishing interval, for hours that are not in memory: the candles of now wait for no long fill. */
const OLD_HOURS_SHARE = 1 / 3;

/** The work that is done at a fixed pace: storing, publishing, looking at the disk, the days, the clock frames. */
export function storageServices(
  options: IngestOptions,
  { core, disk, days }: { core: Core; disk: DiskWatch; days: DayWork },
): Service[] {
  const { clock, config } = options;
  const trust = new ClockTrust({ clock, log: options.log });
  return [
    loopService({
      name: 'flush',
      clock,
      intervalMs: config.ingestor.flushIntervalMs,
      work: (signal) => core.store(signal),
    }),
    loopService({
      name: 'publish',
      clock,
      intervalMs: config.ingestor.aggregateIntervalMs,
      counts: core.aggregator.loop,
      early: core.pipeline.closings,
      work: (signal) =>
        core.publish({ signal, oldHoursMs: config.ingestor.aggregateIntervalMs * OLD_HOURS_SHARE }),
    }),
    loopService({
      name: 'disk',
      clock,
      intervalMs: config.ingestor.disk.lookIntervalMs,
      work: () => disk.round(),
    }),
    loopService({
      name: 'days',
      clock,
      intervalMs: DAY_WORK_MS,
      // A machine that was off over midnight has a day to seal.
      firstAfterMs: DAY_WORK_FIRST_MS,
      work: () => days.round(),
    }),
    loopService({
      name: 'clock',
      clock,
      intervalMs: CLOCK_FRAME_MS,
      work: async () => {
        const isTrusted = trust.look(core.pipeline.deduplicator, core.instruments.size);
        // A journal that takes no more waits for its disk: candles close with the first frame after it.
        if (isTrusted && !core.journal.isCongested && isAnySessionOpen(core, clock)) {
          recordOwnEvent({ journal: core.journal, pipeline: core.pipeline, clock }, { type: 'clock' });
        }
      },
    }),
  ];
}

/** Whether any instrument's venue is open, or has just closed. */
export function isAnySessionOpen(core: Core, clock: Clock): boolean {
  const now = clock.nowMicros();
  return calendarsOf(core).some((calendar) =>
    [now, now - CLOCK_AFTER_SESSION_MICROS].some((micros) => calendar.sessionAt(micros) !== undefined),
  );
}
