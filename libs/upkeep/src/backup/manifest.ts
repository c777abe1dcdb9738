import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { writeFileAtomic } from '@tickwright/runtime';
import { BackupDamagedError } from './backup-errors.ts';

/** Raised with every change that an older release could not restore; a newer one is refused. */
export const MANIFEST_VERSION = 1;
export const MANIFEST = 'manifest.json';
/** SHA-256 of the manifest in hex, so that the manifest itself cannot be altered unseen. */
export const MANIFEST_SUM = 'manifest.sha256';

/** One file of a backup. Paths are relative to the backup and to the data directory alike, with `/`. */
export interface BackupFile {
  readonly path: string;
  readonly kind: 'database' | 'file';
  readonly bytes: number;
  /** Hex. */
  readonly sha256: string;
  /** Rows of a Parquet file. */
  readonly rows?: number;
}

/** The journal as it was when the backup was taken; offsets are of frames and exclusive. */
export interface BackupJournal {
  /** What is in the backup was made of the frames below this one; a start goes on from here. */
  readonly offset: number;
  readonly nextOffset: number;
  readonly durableOffset: number;
  /** SHA-256 of the frame before `offset`, by which a restore knows the journal that goes on from here. */
  readonly lastFrame?: string;
}

/** Where the rows of a database lie: of one instrument, say. Times are ISO 8601 UTC. */
export interface BackupRange {
  readonly name: string;
  readonly rows: number;
  readonly firstTime: string | null;
  readonly lastTime: string | null;
  readonly firstId: number | null;
  readonly lastId: number | null;
}

export interface BackupDatabase {
  readonly path: string;
  readonly tables: Readonly<Record<string, number>>;
  readonly ranges: readonly BackupRange[];
}

export interface BackupManifest {
  readonly version: number;
  /** Who made it: each process backs up what it owns. */
  readonly owner: string;
  readonly instance: string;
  readonly release: string;
  /** When the databases were brought to rest, ISO 8601 UTC. */
  readonly time: string;
  readonly durationMs: number;
  readonly reason: string;
  /** What of a data directory it stands for: a restore sets all of it aside, whether the backup has such a file or not. */
  readonly roots: readonly string[];
  readonly journal?: BackupJournal;
  readonly bytes: number;
  readonly files: readonly BackupFile[];
  readonly databases: readonly BackupDatabase[];
}

/** Writes the manifest and its sum durably; the last step before the backup gets its name. */
export async function writeManifest(folder: string, manifest: BackupManifest): Promise<void> {
  const text = `${JSON.stringify(manifest, null, 1)}\n`;
  await writeFileAtomic(join(folder, MANIFEST), text);
  await writeFileAtomic(join(folder, MANIFEST_SUM), `${sumOf(text)}\n`);
}

/** Errors: BackupDamagedError when it is missing, altered, or of a newer release. */
export async function readManifest(folder: string): Promise<BackupManifest> {
  const text = await textOf(folder, MANIFEST);
  const sum = await textOf(folder, MANIFEST_SUM);
  if (sum !== `${sumOf(text)}\n`) {
    throw new BackupDamagedError(folder, [`${MANIFEST} is not the one that ${MANIFEST_SUM} was made of`]);
  }
  // Written by `writeManifest` alone, as the sum says.
  const manifest = JSON.parse(text) as BackupManifest;
  if (manifest.version !== MANIFEST_VERSION) {
    const found = `its manifest has version ${manifest.version}, expected ${MANIFEST_VERSION}: use the release that made it (${manifest.release})`;
    throw new BackupDamagedError(folder, [found]);
  }
  return manifest;
}

async function textOf(folder: string, name: string): Promise<string> {
  try {
    return await readFile(join(folder, name), 'utf8');
  } catch (error) {
    throw new BackupDamagedError(folder, [`${name} cannot be read (${String(error)})`]);
  }
}

function sumOf(text: string): string {
  return createHash('sha256').update(text).digest('hex');
}
