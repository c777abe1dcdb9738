import type { Config } from '@tickwright/config';
import type { RetentionLimits } from '@tickwright/upkeep';

/** The configured limits as the upkeep takes them. */
export function retentionLimits(config: Config): RetentionLimits {
  const { limits, log, ingestor } = config;
  const { deleteAfterDays } = limits.quarantine;
  return {
    journal: { bytes: limits.journal.bytes, hours: ingestor.journal.retentionHours },
    tickDays: limits.ticks.days,
    candleYears: limits.candles.years,
    quarantine: {
      bytes: limits.quarantine.bytes,
      hours: limits.quarantine.days * 24,
      ...(deleteAfterDays === undefined ? {} : { deleteAfterDays }),
    },
    backups: config.backups.keep,
    log: { bytes: log.fileBytes * log.files, count: log.files },
  };
}
