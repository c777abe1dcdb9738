import { open, stat } from 'node:fs/promises';
import type { FileHandle } from 'node:fs/promises';
import { ExitCode, TickwrightError } from '@tickwright/runtime';
import { errorCode } from '../files/atomic-file.ts';

/** A file that was listed is gone, or was replaced while it was read. Listing and reading again helps. */
export class CandleFileMovedError extends TickwrightError {
  constructor(path: string, cause?: unknown) {
    super(`${path} was replaced or moved while it was read`, {
      code: 'candle-file-moved',
      canRetry: true,
      exitCode: ExitCode.store,
      ...(cause !== undefined && { cause }),
    });
  }
}

/** How a reader makes sure that it reads one version of a file from beginning to end. */
export type Holding = 'descriptor' | 'comparison';

/** Where the system shows open files by their number: opening such a path opens that very file again. */
const DESCRIPTOR_FOLDERS: Partial<Record<NodeJS.Platform, string>> = {
  linux: '/proc/self/fd',
  darwin: '/dev/fd',
};

const DESCRIPTOR_FOLDER = DESCRIPTOR_FOLDERS[process.platform];

interface HeldFile {
  readonly path: string;
  readonly readPath: string;
  readonly handle: FileHandle | undefined;
  readonly identity: string;
}

/**
 * Files that a writer may replace at any moment, held for one read. The engine opens a file more than once in a query,
 * first for its footer and then for its data, and would take the footer of one version and the data of the next.
 * So the files are opened here once and the engine is given the open files (`descriptor`): they stay readable, each as
 * it was, even when their names go. Where the system has no such paths, `hasChanged` compares afterwards
 * (`comparison`).
 */
export class HeldFiles implements AsyncDisposable {
  readonly #files: readonly HeldFile[];

  private constructor(files: readonly HeldFile[]) {
    this.#files = files;
  }

  /** Rejects with a CandleFileMovedError when one is gone. */
  static async hold(paths: readonly string[], holding: Holding = platformHolding()): Promise<HeldFiles> {
    const files: HeldFile[] = [];
    try {
      for (const path of paths) files.push(await holdOne(path, holding));
    } catch (error) {
      await new HeldFiles(files)[Symbol.asyncDispose]();
      throw error;
    }
    return new HeldFiles(files);
  }

  /** What to give to the engine, in the order asked for. */
  get readPaths(): string[] {
    return this.#files.map((file) => file.readPath);
  }

  /** The first file that is no longer the one held; undefined when all that was read is of one version each. */
  async changed(): Promise<string | undefined> {
    for (const file of this.#files) {
      if (file.handle === undefined && (await identityOf(file.path)) !== file.identity) return file.path;
    }
    return undefined;
  }

  /** A message of the engine with the names that people know. */
  named(message: string): string {
    return this.#files.reduce((text, file) => text.replaceAll(file.readPath, file.path), message);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await Promise.all(this.#files.map((file) => file.handle?.close()));
  }
}

function platformHolding(): Holding {
  return DESCRIPTOR_FOLDER === undefined ? 'comparison' : 'descriptor';
}

async function holdOne(path: string, holding: Holding): Promise<HeldFile> {
  if (holding === 'comparison') {
    return { path, readPath: path, handle: undefined, identity: await identityOf(path) };
  }
  try {
    const handle = await open(path, 'r');
    return { path, readPath: `${DESCRIPTOR_FOLDER}/${handle.fd}`, handle, identity: '' };
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? new CandleFileMovedError(path, error) : error;
  }
}

async function identityOf(path: string): Promise<string> {
  try {
    const { ino, size, mtimeNs } = await stat(path, { bigint: true });
    return `${ino} ${size} ${mtimeNs}`;
  } catch (error) {
    throw errorCode(error) === 'ENOENT' ? new CandleFileMovedError(path, error) : error;
  }
}
