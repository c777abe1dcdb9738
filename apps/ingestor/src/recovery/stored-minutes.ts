import { calendars } from '@tickwright/market';
import { venueCoverage } from '../candles/venue-coverage.ts';
import type { Core } from '../core.ts';
import type { MinuteCoverage } from './context.ts';

/** Which minutes the tick file has the venue's word of: what was fetched is stored first, so that memory is not believed. */
export function storedMinutes(core: Core, stopped: AbortSignal): MinuteCoverage {
  return {
    async uncovered(instrument, span) {
      if (span.toMicros <= span.fromMicros) return 0;
      const { missing } = await venueCoverage(core, { instrument, ...span, signal: stopped });
      const calendar = calendars(core.instruments.at(core.instruments.indexOf(instrument)).calendar);
      return missing.reduce(
        (sum, { fromMicros, toMicros }) => sum + calendar.expectedMinutes(fromMicros, toMicros),
        0,
      );
    },
  };
}
