import cliProgress from 'cli-progress';
import { systemClock } from '@tickwright/runtime';
import type { Terminal } from './terminal.ts';

/** The bar is drawn anew at most this often. */
const PROGRESS_FPS = 10;

/** Tells on a terminal how far a replay is; says nothing elsewhere. */
export interface ProgressBar {
  update(frames: number): void;
  stop(): void;
}

/** `source` grows while it is read. Bytes measure the way, since nobody knows the number of frames before. */
export function progressBar(
  terminal: Terminal,
  source: { readonly totalBytes: number; readonly readBytes: number },
): ProgressBar {
  if (terminal.stderr.isTTY !== true) return { update() {}, stop() {} };
  const bar = new cliProgress.SingleBar({
    format: 'replay {bar} {percentage}% | {frames} frames, {rate} frames/s | {eta_formatted} left',
    barCompleteChar: '#',
    barIncompleteChar: '-',
    fps: PROGRESS_FPS,
    hideCursor: true,
    noTTYOutput: false,
    // Signals are ours: the command ends in order and stops the bar, which shows the cursor again.
    gracefulExit: false,
  });
  bar.start(source.totalBytes, 0, { frames: '0', rate: '0' });
  const startedMs = systemClock.monotonicMs();
  return {
    update(frames) {
      const seconds = Math.max((systemClock.monotonicMs() - startedMs) / 1_000, 0.001);
      bar.update(source.readBytes, { frames: grouped(frames), rate: grouped(Math.round(frames / seconds)) });
    },
    stop: () => bar.stop(),
  };
}

function grouped(value: number): string {
  return value.toLocaleString('en-US');
}
