import { basename, join } from 'node:path';
import type { Log } from '@tickwright/runtime';
import type { FileLayer } from '../files/file-layer.ts';
import { TEMPORARY_SUFFIX } from '../files/file-list.ts';

/**
 * A part of a journal that could not be read. Frames with `firstOffset <= offset < endOffset` are lost from it; none
 * are when the two are equal (garbage between whole blocks, a broken file header).
 */
export interface JournalDamage {
  readonly reason: 'header' | 'checksum' | 'missing' | 'decompression';
  readonly firstOffset: number;
  readonly endOffset: number;
  /** The file's path; undefined when it is the file that is missing. */
  readonly path: string | undefined;
  /** Where the bad bytes lie in the (uncompressed) file. */
  readonly bytes: { readonly from: number; readonly to: number } | undefined;
}

/** What is done about damage besides going on behind it. */
export interface DamagePolicy {
  readonly files: FileLayer;
  /** Bad bytes are copied there; the journal itself is never changed by a reader. */
  readonly quarantine: string | undefined;
  readonly onDamage: ((damage: JournalDamage) => void) | undefined;
}

/** Reports the damage, after its bytes are safe in the quarantine directory. */
export async function reportDamage(policy: DamagePolicy, damage: JournalDamage): Promise<void> {
  if (policy.quarantine !== undefined && damage.path !== undefined && damage.bytes !== undefined) {
    const isCompressed = damage.path.endsWith('.gz');
    const { from, to } = isCompressed ? { from: 0, to: Number.POSITIVE_INFINITY } : damage.bytes;
    await copyToQuarantine({
      files: policy.files,
      directory: policy.quarantine,
      path: damage.path,
      from,
      to,
    });
  }
  policy.onDamage?.(damage);
}

/** Damage of an open journal in words, for its log. */
export function logDamage(log: Log, damage: JournalDamage): void {
  log.error({ damage }, 'a part of the journal is damaged');
}

const COPY_BYTES = 64 * 1024;

/**
 * Copies a range of a file beside others of its kind, named by file and range: a second report of the same damage
 * makes no second copy.
 */
export async function copyToQuarantine(options: {
  files: FileLayer;
  directory: string;
  path: string;
  from: number;
  to: number;
}): Promise<void> {
  const { files, directory, from } = options;
  await files.makeDirectory(directory);
  const source = await files.open(options.path, 'read');
  try {
    const to = Math.min(options.to, await source.size());
    const name = `${basename(options.path)}.${from}-${to}`;
    if ((await files.list(directory)).includes(name)) return;
    // Under its own name only when it is whole: a start that fails or dies on the way leaves no half of it to be taken for it.
    const path = join(directory, name);
    const copy = await files.open(path + TEMPORARY_SUFFIX, 'create');
    try {
      const buffer = Buffer.allocUnsafe(COPY_BYTES);
      for (let at = from; at < to; at += COPY_BYTES) {
        const count = await source.read(buffer.subarray(0, Math.min(COPY_BYTES, to - at)), at);
        await copy.write(buffer.subarray(0, count), at - from);
      }
      await copy.datasync();
    } finally {
      await copy.close();
    }
    await files.rename(path + TEMPORARY_SUFFIX, path);
    await files.syncDirectory(directory);
  } finally {
    await source.close();
  }
}
