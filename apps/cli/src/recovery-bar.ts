import cliProgress from 'cli-progress';
import type { RecoveryReport } from '@tickwright/ingestor';
import { duration } from './formats.ts';
import type { Terminal } from './terminal.ts';

/** Tells on a terminal how far a recovery is; says nothing elsewhere, where the log does. */
export function recoveryBar(terminal: Terminal): (report: RecoveryReport) => void {
  if (terminal.stderr.isTTY !== true) return () => undefined;
  let bar: cliProgress.SingleBar | undefined;
  return (report) => {
    const { state, done, left, perSecond, leftMs } = report;
    if (state === 'idle') {
      bar?.stop();
      bar = undefined;
      return;
    }
    bar ??= newBar();
    bar.setTotal(done + left);
    bar.update(done, {
      perSecond: perSecond.toLocaleString('en-US'),
      until: leftMs === null ? 'time left unknown' : `${duration(leftMs)} left`,
    });
  };
}

function newBar(): cliProgress.SingleBar {
  const bar = new cliProgress.SingleBar({
    format: 'recovery {bar} {percentage}% | {value} of {total}, {perSecond}/s | {until}',
    barCompleteChar: '#',
    barIncompleteChar: '-',
    fps: 2,
    hideCursor: true,
    clearOnComplete: true,
    noTTYOutput: false,
    // Signals are ours: the command ends in order.
    gracefulExit: false,
  });
  bar.start(0, 0, { perSecond: '0', until: '' });
  return bar;
}
