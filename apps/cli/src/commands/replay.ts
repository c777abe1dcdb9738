import cliProgress from 'cli-progress';
import { openOffline, replay } from '@tickwright/ingestor';
import type { ReplayResult } from '@tickwright/ingestor';
import { instrumentKey } from '@tickwright/market';
import { ExitCode, systemClock } from '@tickwright/runtime';
import { catalogue } from '@tickwright/venues';
import { frameFiles } from '../frame-files.ts';
import type { FrameFiles } from '../frame-files.ts';
import { keysOf, logOf, settings } from '../settings.ts';
import type { CommonFlags, SourceFlags } from '../settings.ts';
import { print } from '../terminal.ts';
import type { Terminal } from '../terminal.ts';
import { UsageError } from '../usage-error.ts';
import { VERSION } from '../version.ts';

/** The bar is drawn anew at most this often. */
const PROGRESS_FPS = 10;

export interface ReplayFlags extends CommonFlags, SourceFlags {
  readonly files: readonly string[];
  readonly speed: number;
  readonly venue: string;
}

/** Takes recordings into a data directory in which no ingestor runs. */
export async function replayCommand(terminal: Terminal, flags: ReplayFlags): Promise<number> {
  const keys = keysOf(flags);
  if (keys.length === 0) {
    throw new UsageError('replay needs --instruments, for example --instruments "BINANCE|BTCUSDT"');
  }
  const venue = catalogue.venue(flags.venue);
  const instruments = keys.map((key) => venue.instrument(instrumentKey(key)));
  const config = await settings(terminal, flags);
  // Missing or unreadable files are told before anything is opened.
  const recordings = await frameFiles(flags.files, venue.name);
  const log = logOf(terminal, config, 'replay');
  const startedMs = systemClock.monotonicMs();
  await using owned = await openOffline({ config, version: VERSION, clock: systemClock, log });
  const bar = progressBar(terminal, recordings);
  await owned.core.begin();
  const result = await replay({
    core: owned.core,
    instruments,
    blocks: recordings.blocks(),
    speed: flags.speed,
    clock: systemClock,
    signal: terminal.signal,
    onProgress: ({ frames }) => bar.update(frames),
  }).finally(() => bar.stop());
  await print(terminal.stdout, summary(result, flags, (systemClock.monotonicMs() - startedMs) / 1_000));
  return result.isComplete ? ExitCode.ok : ExitCode.failure;
}

function summary(result: ReplayResult, flags: CommonFlags, seconds: number): string {
  const { frames, accepted, duplicates, isComplete } = result;
  if (flags.json === true) return `${JSON.stringify({ ...result, seconds })}\n`;
  const text = `${frames} frames in ${seconds.toFixed(1)} s: ${accepted} ticks added, ${duplicates} seen before`;
  return `${text}${isComplete ? '' : '; NOT ALL IS STORED: what is missing stands in the journal'}\n`;
}

/** A bar on a terminal, nothing elsewhere. */
function progressBar(
  terminal: Terminal,
  recordings: FrameFiles,
): { update(frames: number): void; stop(): void } {
  if (terminal.stderr.isTTY !== true) return { update() {}, stop() {} };
  const bar = new cliProgress.SingleBar({
    format: 'replay {bar} {percentage}% | {frames} frames, {rate} frames/s | {eta_formatted} left',
    fps: PROGRESS_FPS,
    hideCursor: true,
    noTTYOutput: false,
  });
  bar.start(recordings.totalBytes, 0, { frames: 0, rate: 0 });
  const startedMs = systemClock.monotonicMs();
  return {
    update(frames) {
      const seconds = (systemClock.monotonicMs() - startedMs) / 1_000;
      bar.update(recordings.readBytes, { frames, rate: Math.round(frames / Math.max(seconds, 0.001)) });
    },
    stop: () => bar.stop(),
  };
}
