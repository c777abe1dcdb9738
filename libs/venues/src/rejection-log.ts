import { sampledLog } from '@tickwright/runtime';
import type { Clock, Log } from '@tickwright/runtime';
import type { RejectReason } from './decoder.ts';

/** So many samples of each reason within this time; the rest is told as a number. */
const SAMPLES = 3;
const WINDOW_MS = 60_000;
const SAMPLE_BYTES = 200;

/** For a decoder's `onRejected`: shows in the log what it refuses, a few samples of each reason, however much there is. */
export function rejectionLog(options: {
  log: Log;
  clock: Clock;
  venue: string;
}): (reason: RejectReason, bytes: Buffer) => void {
  const { log, clock, venue } = options;
  const sampled = sampledLog(log, { perKey: SAMPLES, windowMs: WINDOW_MS, clock });
  return (reason, bytes) => {
    const sample = bytes.toString('latin1', 0, SAMPLE_BYTES);
    sampled.warn({
      key: `${venue} ${reason}`,
      fields: { venue, reason, bytes: bytes.length, sample },
      message: 'a frame was refused',
    });
  };
}
