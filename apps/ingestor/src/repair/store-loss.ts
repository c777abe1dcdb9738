import { join } from 'node:path';
import { readJournal } from '@tickwright/journal';
import type { JournalDamage } from '@tickwright/journal';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { TICK_ANCHOR, readAnchor, tickPaths } from '@tickwright/store';
import type { TickFile } from '@tickwright/store';
import { rangeText } from '@tickwright/upkeep';
import type { OffsetRange } from '@tickwright/upkeep';

/** Ticks that were stored are gone, and the journal does not have them any more. */
export class StoreLossError extends TickwrightError {
  readonly ranges: readonly OffsetRange[];

  constructor(path: string, ranges: readonly OffsetRange[]) {
    super(
      `${path} lacks ticks that were stored, and the journal does not have all of them: frames ${ranges.map(rangeText).join(', ')}.\n` +
        `Nothing was changed. Put a backup in place, or run "tickwright doctor --repair", which goes on without them and states the loss as a gap.`,
      { code: 'store-loss', exitCode: ExitCode.store },
    );
    this.ranges = ranges;
  }
}

/** How far the ticks were stored, as the tick file's anchor tells; 0 when nothing tells. */
export async function anchoredOffset(dataDir: string): Promise<number> {
  return (await readAnchor(tickPaths(dataDir).live, TICK_ANCHOR))?.['appliedOffset'] ?? 0;
}

/** Frames of ticks that were stored once, that the tick file lacks, and that the journal cannot give again. */
export async function lostFrames(dataDir: string, tickFile: TickFile): Promise<OffsetRange[]> {
  const from = tickFile.appliedOffset;
  const to = await anchoredOffset(dataDir);
  if (from >= to) return [];
  const damage: JournalDamage[] = [];
  let next = from;
  const onDamage = (one: JournalDamage): void => {
    damage.push(one);
    next = Math.max(next, one.endOffset);
  };
  for await (const block of readJournal({ directory: join(dataDir, 'journal'), from, to, onDamage }))
    next = Math.max(next, block.firstOffset + block.count);
  const lost = damage.map(({ firstOffset, endOffset }) => ({ firstOffset, endOffset }));
  if (next < to) lost.push({ firstOffset: next, endOffset: to });
  return lost.filter(({ firstOffset, endOffset }) => endOffset > firstOffset);
}
