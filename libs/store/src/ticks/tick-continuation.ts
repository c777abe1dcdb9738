import type { TickBatch } from '@tickwright/market';
import { TickFileError } from '../tick-storage/tick-state.ts';

/**
 * Checks that the ticks are those of offsets [from, to), in order of offset and index. Exactly-once rests on it: a tick
 * that was stored before, or one whose offset would count as applied before it is stored, must not get in.
 */
export function checkContinues(batches: readonly TickBatch[], span: { from: number; to: number }): void {
  if (!(span.to >= span.from)) throw offsetError(span.to, span);
  let lastOffset = span.from;
  let lastIndex = -1;
  for (const { count, offset, index } of batches) {
    for (let row = 0; row < count; row++) {
      const isNext = offset[row] > lastOffset || (offset[row] === lastOffset && index[row] > lastIndex);
      if (!isNext || offset[row] >= span.to) throw offsetError(offset[row], span);
      lastOffset = offset[row];
      lastIndex = index[row];
    }
  }
}

function offsetError(offset: number, span: { from: number; to: number }): TickFileError {
  return new TickFileError(
    `ticks of offset ${offset} do not continue what is stored: expected offsets from ${span.from} to before ${span.to}, in order. Read appliedOffset and go on from there.`,
    { code: 'tick-file-offset' },
  );
}
