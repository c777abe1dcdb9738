import { HISTORY_LIMITS } from '@tickwright/venues';
import type { Core } from '../core.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import type { IngestOptions } from '../ingest.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { Recovery } from './recovery.ts';
import { RecoveryMeter } from './recovery-meter.ts';
import { storedMinutes } from './stored-minutes.ts';
import type { VenueHistories } from './venue-histories.ts';

/** Recovery as `ingestor.recovery` has it; undefined where it is switched off. */
export function configuredRecovery(
  { config, clock, log, signal, onRecovery }: IngestOptions,
  parts: {
    readonly core: Core;
    readonly jobs: Jobs;
    readonly histories: VenueHistories;
    readonly disk: DiskWatch;
  },
): Recovery | undefined {
  const { enabled, settleMs, warmUpHours } = config.ingestor.recovery;
  if (!enabled) return undefined;
  const { core, jobs, histories, disk } = parts;
  const context = {
    core,
    histories,
    minutes: storedMinutes(core, signal),
    meter: new RecoveryMeter(clock, HISTORY_LIMITS),
    clock,
    log,
    isPaused: () => disk.health.state === 'paused',
  };
  const told = onRecovery === undefined ? {} : { onProgress: onRecovery };
  return new Recovery({ context, jobs, settleMs, warmUpHours, ...told });
}
