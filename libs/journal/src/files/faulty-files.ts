import { basename, dirname } from 'node:path';
import type { FileLayer, OpenFile } from './file-layer.ts';
import { MemoryInode } from './memory-inode.ts';

/** Operations that can be made to fail. */
export type FileOperation =
  'open' | 'read' | 'write' | 'datasync' | 'truncate' | 'rename' | 'unlink' | 'syncDirectory';

export interface FileFault {
  readonly operation: FileOperation;
  readonly code: 'ENOSPC' | 'EIO' | 'EACCES';
  /** How often; for ever by default, until `heal`. */
  readonly times?: number;
  /** Only for files whose name ends in this. */
  readonly nameEnd?: string;
}

/** How much of what was not synced survives a crash. */
export type CrashSurvival =
  { readonly kind: 'synced-only' } | { readonly kind: 'random-prefix'; readonly random: () => number };

/** A file system in memory, for tests: it can fill up, fail, and lose power. */
export interface MemoryFiles extends FileLayer {
  /** Makes operations fail. A failed write has written half of its bytes; a failed sync lost what was unsynced. */
  fail(fault: FileFault): void;
  /** Ends all faults. */
  heal(): void;
  /**
   * Power is lost: names and bytes that were not synced are gone, as far as told. What is returned is the disk as the
   * next start finds it; everything on this one fails from now on, so that whoever still uses it does no harm.
   */
  crash(survival: CrashSurvival): MemoryFiles;
  /** Puts a file there, synced. */
  place(path: string, bytes: Uint8Array): void;
  /** A file's bytes as programs see them; undefined when there is none. */
  content(path: string): Buffer | undefined;
}

interface Fault {
  readonly fault: FileFault;
  timesLeft: number;
}

/** An empty file system in memory. */
export function memoryFiles(): MemoryFiles {
  return new MemoryFileSystem(new Map());
}

class MemoryFileSystem implements MemoryFiles {
  readonly #names: Map<string, MemoryInode>;
  readonly #syncedNames: Map<string, MemoryInode>;
  #faults: Fault[] = [];
  #isOn = true;

  constructor(names: Map<string, MemoryInode>) {
    this.#names = names;
    this.#syncedNames = new Map(names);
  }

  fail(fault: FileFault): void {
    this.#faults.push({ fault, timesLeft: fault.times ?? Number.POSITIVE_INFINITY });
  }

  heal(): void {
    this.#faults = [];
  }

  crash(survival: CrashSurvival): MemoryFiles {
    this.#isOn = false;
    const random = survival.kind === 'random-prefix' ? survival.random : () => 0;
    // Names reach the disk in any order or not at all before the directory is synced.
    const keepsNames = survival.kind === 'random-prefix' && random() < 0.5;
    const names = new Map(keepsNames ? this.#names : this.#syncedNames);
    for (const inode of new Set(names.values())) {
      const changes = Math.floor(random() * (inode.unsyncedChanges + 1));
      inode.crash({ changes, bytes: Math.floor(random() * 100_000) });
    }
    return new MemoryFileSystem(names);
  }

  place(path: string, bytes: Uint8Array): void {
    const inode = new MemoryInode();
    inode.write(bytes, 0);
    inode.sync(inode.changes);
    this.#names.set(path, inode);
    this.#syncedNames.set(path, inode);
  }

  content(path: string): Buffer | undefined {
    return this.#names.get(path)?.bytes();
  }

  async open(path: string, mode: 'read' | 'create' | 'modify'): Promise<OpenFile> {
    await this.#operation('open', path);
    const known = this.#names.get(path);
    if (known === undefined && mode !== 'create') throw systemError('ENOENT', `open ${path}`);
    const inode = known ?? new MemoryInode();
    if (mode === 'create') inode.truncate(0);
    this.#names.set(path, inode);
    return this.#openFile(path, inode);
  }

  async rename(from: string, to: string): Promise<void> {
    await this.#operation('rename', from);
    const inode = this.#names.get(from);
    if (inode === undefined) throw systemError('ENOENT', `rename ${from}`);
    this.#names.delete(from);
    this.#names.set(to, inode);
  }

  async unlink(path: string): Promise<void> {
    await this.#operation('unlink', path);
    if (!this.#names.delete(path)) throw systemError('ENOENT', `unlink ${path}`);
  }

  async list(directory: string): Promise<string[]> {
    await turn();
    return [...this.#names.keys()]
      .filter((path) => dirname(path) === directory)
      .map((path) => basename(path));
  }

  async makeDirectory(): Promise<void> {
    await turn();
  }

  async syncDirectory(directory: string): Promise<void> {
    await this.#operation('syncDirectory', directory);
    for (const path of this.#syncedNames.keys()) {
      if (dirname(path) === directory) this.#syncedNames.delete(path);
    }
    for (const [path, inode] of this.#names) {
      if (dirname(path) === directory) this.#syncedNames.set(path, inode);
    }
  }

  #openFile(path: string, inode: MemoryInode): OpenFile {
    const operation = (kind: FileOperation): Promise<void> => this.#operation(kind, path);
    return {
      read: async (into, position) => {
        await operation('read');
        return inode.read(into, position);
      },
      write: async (bytes, position) => {
        try {
          await operation('write');
        } catch (error) {
          if (this.#isOn) inode.write(bytes.subarray(0, bytes.byteLength / 2), position);
          throw error;
        }
        inode.write(bytes, position);
      },
      datasync: async () => {
        const covered = inode.changes;
        try {
          // Slower than a write, so that writes go on meanwhile.
          await turn();
          await turn();
          await operation('datasync');
        } catch (error) {
          if (this.#isOn) inode.loseUnsynced();
          throw error;
        }
        inode.sync(covered);
      },
      truncate: async (length) => {
        await operation('truncate');
        inode.truncate(length);
      },
      size: async () => {
        await turn();
        return inode.size;
      },
      close: turn,
    };
  }

  async #operation(operation: FileOperation, path: string): Promise<void> {
    await turn();
    if (!this.#isOn) throw systemError('EIO', `${operation} ${path} after the power was lost`);
    for (const one of this.#faults) {
      const { fault } = one;
      const isMeant = fault.operation === operation && path.endsWith(fault.nameEnd ?? '');
      if (!isMeant || one.timesLeft <= 0) continue;
      one.timesLeft--;
      throw systemError(fault.code, `${operation} ${path}`);
    }
  }
}

/** A disk answers in a later turn of the event loop. */
function turn(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function systemError(code: string, what: string): Error {
  return Object.assign(new Error(`${code}: ${what}`), { code });
}
