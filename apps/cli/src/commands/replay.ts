import { join } from 'node:path';
import { openOffline, replay } from '@tickwright/ingestor';
import type { ReplayResult } from '@tickwright/ingestor';
import { ExitCode, TickwrightError, systemClock } from '@tickwright/runtime';
import { prepareDataDirectory } from '../data-directory.ts';
import { counted } from '../formats.ts';
import { frameFiles } from '../frame-files.ts';
import { progressBar } from '../progress-bar.ts';
import { logOf, settings } from '../settings.ts';
import type { CommonFlags } from '../settings.ts';
import { flaggedSource } from '../sources.ts';
import type { SourceFlags } from '../sources.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { VERSION } from '../version.ts';

export interface ReplayFlags extends CommonFlags, SourceFlags {
  readonly files: readonly string[];
  readonly speed: number;
  readonly venue: string;
}

/** Takes recordings into a data directory in which no ingestor runs. */
export async function replayCommand(terminal: Terminal, flags: ReplayFlags): Promise<number> {
  const { venue, instruments } = flaggedSource(flags);
  const config = await settings(terminal, flags);
  const log = logOf(terminal, config, 'replay');
  // Missing or unreadable files are told before anything is opened.
  const recordings = await frameFiles(flags.files, {
    venue: venue.name,
    ownJournal: join(config.dataDir, 'journal'),
    log,
  });
  await prepareDataDirectory(config.dataDir);
  const startedMs = systemClock.monotonicMs();
  await using owned = await openOffline({ config, version: VERSION, clock: systemClock, log });
  await owned.core.begin();
  const bar = progressBar(terminal, recordings);
  let frames = 0;
  const result = await replay({
    core: owned.core,
    instruments,
    blocks: recordings.blocks(),
    speed: flags.speed,
    clock: systemClock,
    signal: terminal.signal,
    onProgress: (progress) => {
      ({ frames } = progress);
      bar.update(frames);
    },
  })
    .catch((error: unknown) => {
      throw brokenOff(error, frames);
    })
    .finally(() => bar.stop());
  const isWhole = result.isComplete && recordings.damages === 0;
  const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
  const outcome = { ...result, isComplete: isWhole };
  const text =
    flags.json === true
      ? `${JSON.stringify({ ...outcome, seconds })}\n`
      : `${summary(outcome, seconds)}${isWhole ? '' : `; ${reason(terminal, recordings.damages)}`}\n`;
  await print(terminal.stdout, text);
  return isWhole ? ExitCode.ok : ExitCode.failure;
}

function summary({ frames, accepted, duplicates }: ReplayResult, seconds: number): string {
  return `${counted(frames, 'frame')} in ${seconds.toFixed(1)} s: ${counted(accepted, 'tick')} added, ${duplicates.toLocaleString('en-US')} seen before`;
}

/** Why not everything is there. */
function reason(terminal: Terminal, damages: number): string {
  if (terminal.signal.aborted) return 'STOPPED BEFORE THE END: replay it again to add the rest';
  if (damages > 0)
    return `${counted(damages, 'damaged place')} of the journal could not be read, see the log`;
  return 'NOT ALL IS STORED: the rest is in the journal and is stored at the next start, see the log';
}

/** A recording that breaks off is half taken in: whoever mends it must know that nothing is doubled then. */
function brokenOff(error: unknown, frames: number): unknown {
  if (!(error instanceof TickwrightError) || error.code !== 'recording-broken') return error;
  return new TickwrightError(
    `${error.message}\n${counted(frames, 'frame')} before it ${frames === 1 ? 'is' : 'are'} stored. Mend the file and replay it again: nothing is stored twice.`,
    { code: error.code, exitCode: error.exitCode, cause: error },
  );
}
