import { TickwrightError, type Clock, type Log } from '@tickwright/runtime';
import { logDamage } from '../upkeep/damage.ts';
import type { FileLayer } from '../files/file-layer.ts';
import { listJournalFiles, removeTemporaryFiles } from '../files/file-list.ts';
import { FileJournal } from './file-journal.ts';
import type { Journal } from '../journal.ts';
import { JournalOpenError, systemCode } from '../journal-errors.ts';
import { nodeFiles } from '../files/node-files.ts';
import { repairTail, type LogEnd } from './tail-repair.ts';

export interface OpenJournalOptions {
  readonly directory: string;
  /** The log's name, in every file's header: a directory of another log is refused. At most 88 bytes. */
  readonly name: string;
  readonly clock: Clock;
  readonly log: Log;
  readonly files?: FileLayer;
  /** A file is finished when it has this size; it may be larger by one write (1 MiB, or a larger frame). */
  readonly fileBytes?: number;
  readonly syncIntervalMs?: number;
  /** The high-water mark of congestion; the low one is half of it, the hard limit twice. */
  readonly maxPendingBytes?: number;
  /** A directory to which bad or cut bytes are copied. */
  readonly quarantine?: string;
  /**
   * The caller has stored things up to this offset: no frame may get a smaller one. If the log ends before (its end was
   * damaged), it goes on from here, and what is between is missing.
   */
  readonly minimumOffset?: number;
  readonly closeTimeoutMs?: number;
  /** `none` leaves finished files as they are. */
  readonly compression?: 'gzip' | 'none';
}

const DEFAULTS = {
  fileBytes: 64 * 1024 * 1024,
  syncIntervalMs: 20,
  maxPendingBytes: 64 * 1024 * 1024,
  closeTimeoutMs: 5_000,
} as const;

/**
 * Opens the log for appending, after repairing its tail. The first write begins a new file. Throws JournalOpenError
 * when the directory cannot be used, belongs to another log, or is of a later format.
 */
export async function openJournal(options: OpenJournalOptions): Promise<Journal> {
  const files = options.files ?? nodeFiles;
  const end = await findEnd({ ...options, files });
  const { cutBytes, damage } = end.repair;
  const isRepaired = cutBytes > 0 || damage.length > 0;
  for (const one of damage) logDamage(options.log, one);
  if (isRepaired) {
    const { cutFrames } = end.repair;
    options.log.warn({ cutBytes, cutFrames, nextOffset: end.nextOffset }, "the journal's tail was repaired");
  }
  return new FileJournal({
    ...DEFAULTS,
    compression: 'gzip',
    ...options,
    files,
    firstOffset: Math.max(end.nextOffset, options.minimumOffset ?? 0),
    previous: end.previous,
    repaired: isRepaired ? end.repair : undefined,
  });
}

async function findEnd(options: OpenJournalOptions & { files: FileLayer }): Promise<LogEnd> {
  const { files, directory, name, quarantine } = options;
  try {
    await files.makeDirectory(directory);
    await removeTemporaryFiles({ files, directory });
    const list = await listJournalFiles({ files, directory });
    return await repairTail({ files, directory, name, quarantine, list });
  } catch (error) {
    if (error instanceof TickwrightError) throw error;
    const code = systemCode(error) ?? 'unknown';
    throw new JournalOpenError(
      `Could not open the journal in ${directory}: ${error instanceof Error ? error.message : String(error)}. ` +
        `Check the directory's permissions and the disk.`,
      { code: 'journal-open', canRetry: code !== 'EACCES' && code !== 'EPERM', cause: error },
    );
  }
}
