import type { SourceConfig } from '@tickwright/config';
import type { Core } from '../core.ts';
import type { DiskWatch } from '../disk/disk-watch.ts';
import type { IngestOptions } from '../ingest.ts';
import type { SourceStream } from '../intake/source-stream.ts';
import type { Jobs } from '../jobs/jobs.ts';
import { Recovery } from './recovery.ts';
import { RecoveryMeter } from './recovery-meter.ts';
import { storedMinutes } from './stored-minutes.ts';
import { VenueHistories } from './venue-histories.ts';

/** Recovery as `ingestor.recovery` has it; undefined where it is switched off. */
export function configuredRecovery(
  { config, clock, log, onRecovery }: IngestOptions,
  parts: {
    readonly core: Core;
    readonly jobs: Jobs;
    readonly sources: readonly { readonly source: SourceConfig; readonly running: SourceStream }[];
    readonly disk: DiskWatch;
  },
): Recovery | undefined {
  const { enabled, settleMs, warmUpHours } = config.ingestor.recovery;
  if (!enabled) return undefined;
  const { core, jobs, sources, disk } = parts;
  const context = {
    core,
    histories: new VenueHistories({ core, sources, clock, log }),
    minutes: storedMinutes(core),
    meter: new RecoveryMeter(clock),
    clock,
    log,
    isPaused: () => disk.health.state === 'paused',
  };
  const told = onRecovery === undefined ? {} : { onProgress: onRecovery };
  return new Recovery({ context, jobs, settleMs, warmUpHours, ...told });
}
