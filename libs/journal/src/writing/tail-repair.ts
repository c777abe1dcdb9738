import { crc32 } from 'node:zlib';
import { endOffset } from '../format/block-decoder.ts';
import type { ScanStep } from '../format/block-scanner.ts';
import { copyToQuarantine, reportDamage, type JournalDamage } from '../upkeep/damage.ts';
import { FILE_HEADER_BYTES, type FilePrefix } from '../format/file-format.ts';
import type { FileLayer } from '../files/file-layer.ts';
import type { JournalFile } from '../files/file-list.ts';
import { openFileScan, type FileScan } from '../reading/file-scan.ts';
import { JournalOpenError } from '../journal-errors.ts';

/** What opening a journal found and did. */
export interface JournalRepair {
  /** Bytes behind the last whole block that were cut off the last file (after a copy to the quarantine directory). */
  readonly cutBytes: number;
  /** The frames of the block that was cut, where its header could still be read; none of them was durable. */
  readonly cutFrames: { readonly firstOffset: number; readonly endOffset: number } | undefined;
  /** Damage before the last whole block of the last file. Older files are looked at when they are read. */
  readonly damage: readonly JournalDamage[];
}

/** Where a log ends. */
export interface LogEnd {
  readonly nextOffset: number;
  readonly previous: FilePrefix | undefined;
  readonly repair: JournalRepair;
}

interface LogOptions {
  readonly files: FileLayer;
  readonly directory: string;
  readonly name: string;
  readonly quarantine: string | undefined;
}

interface RepairOptions extends LogOptions {
  readonly file: JournalFile;
}

/**
 * Finds the end of a log of these files, cuts off what is behind the last whole block, and makes the rest of that file
 * durable: a killed process may have left it in the system's memory. The next offset is the one after the last whole block.
 *
 * A last file without a block is what a kill leaves that came between a new file and its first write. It goes, and the
 * log ends with the file before: that one may have been given up, and then neither its cut nor the new file's name need
 * be on disk. What a power loss could bring back later must be settled now.
 */
export async function repairTail(
  options: LogOptions & { readonly list: readonly JournalFile[] },
): Promise<LogEnd> {
  const last = options.list.at(-1);
  if (last === undefined) return EMPTY;
  const end = await repairFile({ ...options, file: last });
  if (last.isCompressed || end.nextOffset > last.firstOffset) return end;
  const before = options.list.at(-2);
  const isAllBefore = before !== undefined && (await endOf({ ...options, file: before })) >= last.firstOffset;
  // It alone tells that frames were there: their offsets are not used again.
  if (!isAllBefore) return { ...end, previous: undefined };
  const settled = await repairFile({ ...options, file: before });
  await options.files.unlink(last.path);
  await options.files.syncDirectory(options.directory);
  return { ...settled, repair: both(settled.repair, end.repair) };
}

const EMPTY: LogEnd = {
  nextOffset: 0,
  previous: undefined,
  repair: { cutBytes: 0, cutFrames: undefined, damage: [] },
};

function both(before: JournalRepair, last: JournalRepair): JournalRepair {
  return {
    cutBytes: before.cutBytes + last.cutBytes,
    cutFrames: last.cutFrames ?? before.cutFrames,
    damage: [...before.damage, ...last.damage],
  };
}

/** The offset after a file's last whole block; nothing is changed. */
async function endOf({ files, file }: RepairOptions): Promise<number> {
  const scan = await openFileScan({ files, file });
  try {
    return (await scanToEnd(scan, file)).nextOffset;
  } finally {
    await scan.scanner.close();
  }
}

async function repairFile(options: RepairOptions): Promise<LogEnd> {
  const { files, file } = options;
  const damage: JournalDamage[] = [];
  const scan = await openFileScan({ files, file });
  let found: TailScan;
  try {
    checkName(options, scan);
    found = await scanToEnd(scan, file);
  } finally {
    await scan.scanner.close();
  }
  const policy = {
    files,
    quarantine: options.quarantine,
    onDamage: (one: JournalDamage) => void damage.push(one),
  };
  for (const one of found.damage) await reportDamage(policy, { ...one, path: file.path });
  const { nextOffset } = found;
  if (file.isCompressed) {
    return { nextOffset, previous: undefined, repair: { cutBytes: 0, cutFrames: undefined, damage } };
  }
  const repair = { cutBytes: found.tail.to - found.tail.from, cutFrames: found.cutFrames, damage };
  if (repair.cutBytes > 0 && options.quarantine !== undefined) {
    await copyToQuarantine({ files, directory: options.quarantine, path: file.path, ...found.tail });
  }
  return { nextOffset, previous: await makeDurable(options, found.tail), repair };
}

function checkName({ file, name }: RepairOptions, { header }: FileScan): void {
  if (header === undefined || header.name === name) return;
  throw new JournalOpenError(
    `Could not open the journal "${name}": ${file.path} belongs to the journal "${header.name}". ` +
      `Give each journal a directory of its own.`,
    { code: 'journal-name' },
  );
}

interface TailScan {
  readonly nextOffset: number;
  readonly tail: { readonly from: number; readonly to: number };
  readonly cutFrames: JournalRepair['cutFrames'];
  readonly damage: readonly Omit<JournalDamage, 'path'>[];
}

async function scanToEnd({ header, scanner }: FileScan, file: JournalFile): Promise<TailScan> {
  const damage: Omit<JournalDamage, 'path'>[] = [];
  let nextOffset = file.firstOffset;
  if (header === undefined) {
    const bytes = { from: 0, to: FILE_HEADER_BYTES };
    damage.push({ reason: 'header', firstOffset: nextOffset, endOffset: nextOffset, bytes });
  }
  let bad: { from: number; to: number } | undefined;
  for (;;) {
    const step: ScanStep | undefined = scanner.take();
    if (step === undefined) {
      await scanner.fill();
    } else if (step.kind === 'bad') {
      bad = step;
    } else if (step.kind === 'block') {
      const first = step.header.firstOffset;
      if (bad !== undefined || first > nextOffset) {
        const reason = bad === undefined ? 'missing' : 'checksum';
        const bytes = bad === undefined ? undefined : { from: bad.from, to: bad.to };
        damage.push({ reason, firstOffset: nextOffset, endOffset: Math.max(first, nextOffset), bytes });
      }
      bad = undefined;
      nextOffset = Math.max(nextOffset, endOffset(step.header));
    } else {
      const { torn, from, to } = step;
      if (step.error !== undefined) {
        damage.push({
          reason: 'decompression',
          firstOffset: nextOffset,
          endOffset: nextOffset,
          bytes: { from, to },
        });
      }
      const cutFrames =
        torn === undefined ? undefined : { firstOffset: torn.firstOffset, endOffset: endOffset(torn) };
      return { nextOffset, tail: { from, to }, cutFrames, damage };
    }
  }
}

const READ_BYTES = 64 * 1024;

/**
 * Cuts the tail off, makes the rest durable, and gives its checksum for the next file's header. What is kept is written
 * once more before the sync: where a sync failed before, the system shows the bytes and counts them as clean, and would
 * call the next sync a success without having them on disk.
 */
async function makeDurable(
  options: RepairOptions,
  tail: { from: number; to: number },
): Promise<FilePrefix | undefined> {
  const handle = await options.files.open(options.file.path, 'modify');
  try {
    if (tail.to > tail.from) await handle.truncate(tail.from);
    const bytes = Math.min(await handle.size(), tail.from);
    const buffer = Buffer.allocUnsafe(READ_BYTES);
    let checksum = 0;
    for (let at = 0; at < bytes; at += READ_BYTES) {
      const count = await handle.read(buffer.subarray(0, Math.min(READ_BYTES, bytes - at)), at);
      const piece = buffer.subarray(0, count);
      await handle.write(piece, at);
      checksum = crc32(piece, checksum);
    }
    await handle.datasync();
    return { bytes, checksum };
  } finally {
    await handle.close();
  }
}
