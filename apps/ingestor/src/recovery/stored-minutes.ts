import { calendars } from '@tickwright/market';
import type { Core } from '../core.ts';
import type { MinuteCoverage } from './context.ts';

/** Which minutes the tick file has the venue's word of: what was fetched is stored first, so that memory is not believed. */
export function storedMinutes(core: Core): MinuteCoverage {
  return {
    async uncovered(instrument, span) {
      if (span.toMicros <= span.fromMicros) return 0;
      const offset = core.pipeline.settle();
      await core.flusher.flush();
      // The flush that was joined had begun before.
      if (core.tickFile.appliedOffset < offset) await core.flusher.flush();
      const { missing } = await core.tickFile.venueCoverage({ instrument, ...span });
      const calendar = calendars(core.instruments.at(core.instruments.indexOf(instrument)).calendar);
      return missing.reduce(
        (sum, { fromMicros, toMicros }) => sum + calendar.expectedMinutes(fromMicros, toMicros),
        0,
      );
    },
  };
}
