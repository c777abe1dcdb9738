import { link, mkdir, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Database, HeldFile } from '@tickwright/database';
import type { RangesSql } from './backup-contents.ts';
import { BackupError } from './backup-errors.ts';
import { fileAt, filesBelow, isPublished, kindOf } from './file-tree.ts';
import type { FileWork } from './file-work.ts';
import type { BackupFile } from './manifest.ts';

/** What a source of a backup calls while what it takes stands still. */
export interface BackupTaking {
  /**
   * Takes a file, or all files below a folder: each is replaced by others and never changed in place, so that a second
   * name keeps it as it is. What is not there is left out. Names that begin with a dot or end in `.tmp` are left out.
   */
  files(path: string): Promise<void>;
  /** Takes a database of this process as of now, by all writes that were asked for before. Copied later. */
  database(path: string, database: Database, rangesOf?: RangesSql): Promise<void>;
  /** Takes a database file that nobody writes until the backup has ended, if it is there. Copied later. */
  restingDatabase(path: string, rangesOf?: RangesSql): Promise<void>;
}

/** The backup before this one: what is in it need not be copied or summed again. */
export interface PreviousBackup {
  readonly folder: string;
  readonly files: ReadonlyMap<string, BackupFile>;
}

export interface TakenDatabase {
  readonly path: string;
  readonly source: string;
  readonly rangesOf: RangesSql | undefined;
  readonly held: HeldFile | undefined;
}

export interface TakingOptions {
  readonly dataDir: string;
  /** The folder that becomes the backup. */
  readonly folder: string;
  /** Second names of files that cannot be linked into `folder`, on the data directory's own file system. */
  readonly links: string;
  readonly previous: PreviousBackup | undefined;
  readonly work: FileWork;
}

/** Link errors that mean "not here": another file system, one without links, too many, or not allowed. */
const NO_LINK = new Set(['EXDEV', 'EPERM', 'EMLINK', 'ENOTSUP', 'EOPNOTSUPP', 'ENOSYS', 'EACCES', 'EINVAL']);

/** Collects what belongs to one backup. Files get a second name at once; databases are held until `release`. */
export class Taking implements BackupTaking {
  readonly databases: TakenDatabase[] = [];
  /** Paths that are in the folder, or will be once `finishCopies` is done. */
  readonly paths: string[] = [];
  readonly #options: TakingOptions;
  readonly #folders = new Set<string>();
  readonly #copies: { from: string; to: string }[] = [];

  constructor(options: TakingOptions) {
    this.#options = options;
  }

  /** Folders that hold something, to be made durable. */
  get folders(): ReadonlySet<string> {
    return this.#folders;
  }

  async files(path: string): Promise<void> {
    const { dataDir } = this.#options;
    const kind = await kindOf(join(dataDir, path));
    if (kind === undefined) return;
    if (kind === 'file') return this.#take(path);
    for await (const file of filesBelow(join(dataDir, path), isPublished))
      await this.#take(`${path}/${file.path}`);
  }

  async database(path: string, database: Database, rangesOf?: RangesSql): Promise<void> {
    const held = await database.hold();
    this.databases.push({ path, source: held.path, rangesOf, held });
  }

  async restingDatabase(path: string, rangesOf?: RangesSql): Promise<void> {
    const source = join(this.#options.dataDir, path);
    if ((await kindOf(source)) === undefined) return;
    if ((await kindOf(`${source}.wal`)) !== undefined && (await stat(`${source}.wal`)).size > 0) {
      throw new BackupError(`cannot back up ${source}: its log holds changes that are not in the file yet`, {
        canRetry: true,
      });
    }
    this.databases.push({ path, source, rangesOf, held: undefined });
  }

  /** Copies what could only be linked beside the data. */
  async finishCopies(): Promise<void> {
    for (const { from, to } of this.#copies) await this.#options.work.copy({ from, to });
  }

  /** Lets go of a database, or of all. */
  async release(): Promise<void> {
    for (const { held } of this.databases) await held?.release();
  }

  async targetOf(path: string): Promise<string> {
    const target = join(this.#options.folder, path);
    await this.#makeFolder(dirname(target));
    return target;
  }

  async #take(path: string): Promise<void> {
    const { dataDir, links, previous, work } = this.#options;
    const source = join(dataDir, path);
    const target = await this.targetOf(path);
    this.paths.push(path);
    if (await isLinked(source, target)) return;
    if (previous !== undefined && (await this.#isSame(path, previous))) {
      if (await isLinked(join(previous.folder, path), target)) return;
    }
    const beside = join(links, path);
    await mkdir(dirname(beside), { recursive: true });
    if (await isLinked(source, beside)) this.#copies.push({ from: beside, to: target });
    else await work.copy({ from: source, to: target });
  }

  /** Copies keep the time of their source, so that size and time tell whether it is still the same. */
  async #isSame(path: string, previous: PreviousBackup): Promise<boolean> {
    if (!previous.files.has(path)) return false;
    try {
      const now = await fileAt(this.#options.dataDir, path);
      const then = await fileAt(previous.folder, path);
      return now.bytes === then.bytes && now.mtimeMs === then.mtimeMs;
    } catch {
      // It is gone from the old backup: then it is copied.
      return false;
    }
  }

  async #makeFolder(folder: string): Promise<void> {
    if (this.#folders.has(folder)) return;
    await mkdir(folder, { recursive: true });
    for (let at = folder; at.startsWith(this.#options.folder) && !this.#folders.has(at); at = dirname(at))
      this.#folders.add(at);
  }
}

async function isLinked(from: string, to: string): Promise<boolean> {
  try {
    await link(from, to);
    return true;
  } catch (error) {
    if (NO_LINK.has((error as NodeJS.ErrnoException).code ?? '')) return false;
    throw error;
  }
}
