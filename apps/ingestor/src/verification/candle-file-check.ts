import { relative } from 'node:path';
import { candleFileState } from '@tickwright/store';
import type { VerificationProblem } from '@tickwright/store';
import type { Core } from '../core.ts';
import { isoMicros } from '../http/queries.ts';

/**
 * The candle files whose checksum is another than when they were written. What they say may still be right, and yet hide
 * rows from whoever asks for one instrument.
 */
export async function checkCandleFileSums(core: Core, signal: AbortSignal): Promise<VerificationProblem[]> {
  const problems: VerificationProblem[] = [];
  for (const { path, segment, from } of await core.candleFiles.list()) {
    signal.throwIfAborted();
    if ((await candleFileState(path)) !== 'altered') continue;
    problems.push({
      kind: 'candle file altered',
      instrument: segment,
      at: isoMicros(from),
      expected: 'the checksum that it was written with',
      found: 'another',
      message: `${relative(core.dataDir, path)} is not as it was written: run tickwright doctor --repair, which makes it anew where its ticks are kept`,
    });
  }
  return problems;
}
