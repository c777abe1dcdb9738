import { FrameKind, decodeControl } from '@tickwright/market';
import { readJournal } from '@tickwright/journal';
import type { FileLayer } from '@tickwright/journal';

/**
 * How the run before this one ended: the journal's last frame is a `stopped` event only after an orderly end. A last
 * frame that is no longer there tells of none.
 */
export async function previousRun(
  directory: string,
  nextOffset: number,
  files?: FileLayer,
): Promise<'none' | 'stopped' | 'crashed'> {
  if (nextOffset === 0) return 'none';
  let last: 'stopped' | 'crashed' = 'crashed';
  for await (const block of readJournal({
    directory,
    from: nextOffset - 1,
    to: nextOffset,
    ...(files && { files }),
  })) {
    const at = block.count - 1;
    const source = block.sources[block.source[at] ?? 0];
    const isControl = source?.kind === FrameKind.control;
    const bytes = block.bytes.subarray(block.start[at], block.end[at]);
    last = isControl && decodeControl(bytes).type === 'stopped' ? 'stopped' : 'crashed';
  }
  return last;
}
